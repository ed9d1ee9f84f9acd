import { expect, test } from "bun:test";
import { Outputs } from "../../../../src/ops/log/outputs.ts";
import type { LogTarget } from "../../../../src/plan/log.ts";

const target = (path: string): LogTarget => ({ destination: { kind: "unix", path } }) as LogTarget;
const line = Buffer.from("hello\n");

test("lines go to the socket that their target names; one that takes none is told of and counted", () => {
  const sent: string[] = [];
  const failed: string[] = [];
  const outputs = new Outputs(
    (path, bytes) => path !== "/gone" && sent.push(`${path} ${Buffer.from(bytes).toString()}`) > 0,
    (name, reason) => void failed.push(`${name}: ${reason}`),
  );
  for (const path of ["/log", "/gone", "/other", "/gone"]) outputs.send(target(path), line);
  expect(sent).toEqual(["/log hello\n", "/other hello\n"]);
  expect(failed).toEqual(["/gone: the socket does not take it", "/gone: the socket does not take it"]);
  expect(outputs.dropped).toBe(2);
});

test("where there are no unix datagrams, that is said", () => {
  const failed: string[] = [];
  const outputs = new Outputs(null, (name, reason) => void failed.push(`${name}: ${reason}`));
  outputs.send(target("/log"), line);
  expect(failed).toEqual(["/log: unix datagrams are out of reach here; log to stdout or over UDP"]);
  expect(outputs.dropped).toBe(1);
});
