import { expect, test } from "bun:test";
import { infoText, infoTyped } from "../../../../src/ops/stats/info.ts";
import { infoSource } from "../scripted-proxy.ts";

function source(uptimeMs: number) {
  const one = infoSource();
  return { ...one, proxy: { ...one.proxy, process: { ...one.proxy.process, uptimeMs } } };
}

test.each([
  [999, "0d 0h00m00s"],
  [61_000, "0d 0h01m01s"],
  [((26 * 60 + 3) * 60 + 9) * 1000, "1d 2h03m09s"],
])("%d ms of uptime", (uptimeMs, text) => {
  expect(infoText(source(uptimeMs), false)).toContain(
    `\nUptime: ${text}\nUptime_sec: ${Math.floor(uptimeMs / 1000)}\n`,
  );
});

test("the forms say the same of a field", () => {
  expect(infoText(source(0), true)).toContain('\nMaxconn: 100:"');
  expect(infoTyped(source(0), false)).toMatch(/\n\d+\.Maxconn\.1:CLP:u32:100\n/);
  expect(infoTyped(source(0), true)).toMatch(/\n\d+\.Maxconn\.1:CLP:u32:100:"[^"\n]+"\n/);
});

test("lines that the proxy and its logs gave up count together", () => {
  const one = infoSource();
  const process = { ...one.proxy.process, droppedLogs: 3 };
  expect(infoText({ ...one, proxy: { ...one.proxy, process } }, false)).toContain("\nDroppedLogs: 7\n");
});

test("compression, in bytes", () => {
  expect(infoText(source(0), false)).toContain(
    "\nCompressBpsIn: 9000\nCompressBpsOut: 900\nCompressBpsRateLim: 10240\nZlibMemUsage: 262144\nMaxZlibMemUsage: 1048576\n",
  );
});
