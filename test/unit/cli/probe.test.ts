/** What `probe` is asked for on the command line. */
import { describe, expect, test } from "bun:test";
import { takeCommandLine } from "../../../src/cli/commands.ts";

const take = (line: string) => takeCommandLine(["probe", ...line.split(" ").filter(Boolean)], "fairlead", {});

async function request(line: string): Promise<unknown> {
  const intent = await take(line);
  return intent.kind === "probe" ? intent.request : intent;
}

async function refusal(line: string): Promise<string | null> {
  const intent = await take(line);
  return intent.kind === "usage" ? intent.text : null;
}

describe("a host, with or without a port", () => {
  for (const [text, host, port] of [
    ["git.example.com", "git.example.com", 22],
    ["git.example.com:7999", "git.example.com", 7999],
    ["192.0.2.1:65535", "192.0.2.1", 65535],
    ["::1", "::1", 22],
    ["[::1]", "::1", 22],
    ["[2001:db8::1]:2222", "2001:db8::1", 2222],
    ["under_score", "under_score", 22],
  ] as const)
    test(text, async () =>
      expect(await request(text)).toEqual({ host, port, form: "text", timeoutMs: 10_000, sendProxy: false }),
    );

  for (const text of ["h:0", "h:65536", "h:x", "h:", ":22", "::1:x", "[h]:22", "[::1", "a/b", "ssh://h", "h:22:22"])
    test(`${text} is none`, async () =>
      expect(await refusal(text)).toBe(
        `'probe': '${text}' is no host to ask, like git.example.com, 192.0.2.1:7999 or [2001:db8::1]:22`,
      ));
});

test("what is printed", async () => {
  for (const form of ["json", "sshfp", "known-hosts"]) expect(await request(`h --${form}`)).toMatchObject({ form });
  expect(await refusal("h --json --known-hosts")).toBe(
    "'probe': '--json' and '--known-hosts' are two answers: ask for one",
  );
});

test("how long it may take, in seconds where nothing else is said", async () => {
  const times = ["5", "5s", "500ms", "2m", "1h"].map((text) => request(`h --timeout ${text}`));
  expect((await Promise.all(times)).map((one) => (one as { timeoutMs: number }).timeoutMs)).toEqual([
    5000, 5000, 500, 120_000, 3_600_000,
  ]);
  for (const text of ["0", "0ms", "61m", "1d", "x", "1.5s"])
    expect(await refusal(`h --timeout ${text}`)).toBe(
      `'probe': '--timeout' expects a time like 10s or 500ms, an hour at most, not '${text}'`,
    );
});

test("a header, one host, and no words besides", async () => {
  expect(await request("--send-proxy h")).toMatchObject({ host: "h", sendProxy: true });
  expect(await refusal("")).toBe("'probe': expects a host, like: fairlead probe bitbucket.example.com:7999");
  expect(await refusal("a b")).toBe("'probe': unexpected argument 'b': it asks one host");
  expect(await refusal("a --know-hosts")).toBe(
    "'probe': unknown option '--know-hosts'; did you mean '--known-hosts' maybe ?",
  );
});
