/** Reading as a start does it: what the command line outweighs, and what refuses a configuration. */
import { expect, test } from "bun:test";
import { defaultOptions, type Options } from "../../../../src/cli/options.ts";
import { checkConfiguration, readPlan } from "../../../../src/service/loading/configuration.ts";

const head = "defaults\n mode tcp\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n";
const good = `${head}listen l\n bind 127.0.0.1:2222\n server s 127.0.0.1:22\n`;

function voice() {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const terminal = {
    print: say,
    report: say,
    alert: say,
    warning: say,
    notice: say,
    recall: say,
    started: () => {},
    said: "",
  };
  return { said, terminal };
}

async function read(text: string, own: Partial<Options> = {}) {
  const { said, terminal } = voice();
  const given = [{ name: "test.cfg", text }];
  const { plan, hasWarnings } = await readPlan({ ...defaultOptions, ...own }, given, terminal, {});
  return { plan, hasWarnings, said: said.join("") };
}

async function check(text: string, own: Partial<Options> = {}) {
  const { said, terminal } = voice();
  const code = await checkConfiguration({ ...defaultOptions, ...own }, [{ name: "test.cfg", text }], terminal);
  return [code, said.join("")];
}

test("the command line outweighs the file", async () => {
  const text = `global\n maxconn 10\n pidfile /a\n daemon\n${good}`;
  const file = (await read(text)).plan?.global;
  expect([file?.maxconn, file?.pidfile, file?.daemon, file?.masterWorker]).toEqual([10, "/a", true, false]);
  const own = { maxconn: 20, pidfile: "/b", foreground: true, noSplice: true, noEpoll: true, masterWorker: true };
  const { plan } = await read(text, { ...own, proxyMaxconn: 7 });
  expect(plan?.global).toMatchObject({
    maxconn: 20,
    pidfile: "/b",
    daemon: false,
    splice: false,
    epoll: false,
    masterWorker: true,
  });
  expect(plan?.frontends[0]?.maxconn).toBe(7);
  expect((await read(good.replace("bind", "maxconn 3\n bind"), { proxyMaxconn: 7 })).plan?.frontends[0]?.maxconn).toBe(
    3,
  );
});

const initAddr = async (line: string) =>
  (await read(good.replace("server s 127.0.0.1:22", line), { ignoreUnresolved: true })).plan?.backends[0]?.servers[0]
    ?.initAddr;

test("-dr lets a server start without an address, once", async () => {
  expect((await initAddr("server s 127.0.0.1:22"))?.at(-1)).toBe("none");
  expect(await initAddr("server s 127.0.0.1:22 init-addr none,last")).toEqual(["none", "last"]);
});

test("what is wrong refuses, with its line; warnings do where they are told to", async () => {
  const bad = await read(good.replace("server s", "serverr s"));
  expect(bad.plan).toBeNull();
  expect(bad.said).toContain("[test.cfg:8]");
  const doubtful = good.replace(" timeout server 5s\n", "");
  const warned = await read(doubtful);
  expect([warned.plan === null, warned.hasWarnings]).toEqual([false, true]);
  const strict = await read(doubtful, { warningsAreErrors: true });
  expect(strict.plan).toBeNull();
  expect(strict.said).toContain("'zero-warning' is set. Aborting.");
  expect((await read(`global\n zero-warning\n${doubtful}`)).plan).toBeNull();
});

test("a check says HAProxy's verdict and its code", async () => {
  expect(await check(good)).toEqual([0, "Configuration file is valid\n"]);
  expect(await check(good, { quiet: true })).toEqual([0, ""]);
  expect((await check(`${head}backend b\n server s 127.0.0.1:22\n`))[0]).toBe(2);
  expect((await check(good.replace("bind", "bindd")))[0]).toBe(1);
});
