/** What `doctor` is asked for on the command line. */
import { describe, expect, test } from "bun:test";
import { takeCommandLine } from "../../../src/cli/commands.ts";
import { parseBaseUrl } from "../../../src/cli/doctor.ts";

const take = (words: readonly string[], environment = {}) =>
  takeCommandLine(["doctor", ...words], "fairlead", environment);

test("files, a URL and a time", async () => {
  expect(
    await take(["-f", "a.cfg", "--config=b.cfg", "-f=c.cfg", "--base-url", "ssh://git.test", "--timeout", "500ms"]),
  ).toEqual({
    kind: "doctor",
    request: {
      files: ["a.cfg", "b.cfg", "c.cfg"],
      baseUrl: { host: "git.test", port: 22 },
      json: false,
      timeoutMs: 500,
      health: null,
    },
  });
});

test("the environment names the file and the health endpoint", async () => {
  const environment = { FAIRLEAD_CONFIG: "x.cfg", FAIRLEAD_HEALTH: "off" };
  const request = { baseUrl: null, json: true, timeoutMs: 10_000, health: "off" };
  expect(await take(["--json"], environment)).toEqual({ kind: "doctor", request: { ...request, files: ["x.cfg"] } });
  expect(await take(["--json", "-f", "y.cfg"], environment)).toMatchObject({ request: { files: ["y.cfg"] } });
});

test("the health endpoint's place is checked", async () => {
  expect(await take(["-f", "x"], { FAIRLEAD_HEALTH: "no:where" })).toMatchObject({
    kind: "usage",
    text: expect.stringMatching(/^FAIRLEAD_HEALTH expects HOST:PORT/),
  });
});

describe("what is wrong", () => {
  for (const [words, text] of [
    [[], "'doctor' expects -f FILE, like: fairlead doctor -f /etc/haproxy/haproxy.cfg"],
    [["-f"], "'doctor': '-f' needs a value"],
    [["x.cfg"], "'doctor': unexpected argument 'x.cfg'"],
    [["-f", "x", "--json", "--json"], "'doctor': '--json' is given twice"],
    [["-f", "x", "--base-url", "git.test"], "'doctor': '--base-url' expects a URL like"],
    [["-f", "x", "--timeout", "2h"], "'doctor': '--timeout' expects a time like 10s"],
  ] as const)
    test(text, async () => {
      expect(await take(words)).toEqual({ kind: "usage", text: expect.stringContaining(text) });
    });
});

describe("a base URL", () => {
  for (const [text, host, port] of [
    ["ssh://git.test", "git.test", 22],
    ["SSH://git.test:7999/", "git.test", 7999],
    ["ssh://192.0.2.1:1", "192.0.2.1", 1],
    ["ssh://[2001:db8::1]:7999", "2001:db8::1", 7999],
  ] as const)
    test(text, () => expect(parseBaseUrl(text)).toEqual({ host, port }));
  for (const text of [
    ..."ssh:// ssh://git@git.test ssh://git.test/scm https://git.test ssh://git.test:0 ssh://git.test:65536".split(" "),
    ..."ssh://[git.test] ssh://2001:db8::1 ssh://-x ssh://a:b git.test".split(" "),
  ])
    test(text, () => expect(parseBaseUrl(text)).toBeNull());
});
