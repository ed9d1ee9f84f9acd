/** How bad messages are shown; beside HAProxy in test/compare. */
import { expect, test } from "bun:test";
import type { AdminSources } from "../../../../src/ops/admin/sources.ts";
import { errorCommands } from "../../../../src/ops/admin/errors.ts";
import type { CapturedFault } from "../../../../src/proxy/public.ts";
import { backendStats, frontendStats, scriptedProxy, serverStats } from "../scripted-proxy.ts";

const fault: CapturedFault = {
  at: Date.UTC(2026, 10, 29),
  event: 4,
  client: { kind: "tcp", host: "192.0.2.1", port: 5 },
  listenerId: 1,
  other: null,
  server: null,
  isFirst: false,
  isPersistent: true,
  part: "head",
  bytes: new Uint8Array(0),
  position: 0,
  bufferBytes: 16_384,
};

function show(
  words: string,
  request: Partial<CapturedFault> | null,
  response: Partial<CapturedFault> | null = null,
): string[] {
  const { proxy } = scriptedProxy({
    frontends: [frontendStats({ name: "fe", id: 2 })],
    backends: [backendStats([serverStats()], { name: "be", id: 3 })],
  });
  const captured = { frontend: request, backend: response };
  const shown: AdminSources["info"]["proxy"] = {
    ...proxy,
    capturedFaults: 5,
    lastFault: ({ kind }) => (captured[kind] === null ? null : { ...fault, ...captured[kind] }),
  };
  const answer = errorCommands[0]?.run(
    words.split(" ").filter((word) => word !== ""),
    { info: { proxy: shown } } as unknown as AdminSources,
    {} as never,
    null,
  );
  const text = typeof answer === "string" ? answer : [...(answer as Iterable<string>)].join("");
  return text.replaceAll(/\[[^\]]*\d\d:\d\d[^\]]*\]/g, "[date]").split("\n");
}

test("of a body, of a client without an address", () => {
  const bytes = Buffer.from("2\r\nabX");
  expect(show("", { part: "chunk-end", bytes, position: 5, client: { kind: "unix", path: "/x" } })).toEqual([
    "Total events captured on [date] : 5",
    " ",
    "[date] frontend fe (#2): invalid request",
    "  backend <NONE> (#-1), server <NONE> (#-1), event #4, src unix:1",
    "  buffer starts at 0 (including 0 out), 16378 free,",
    "  len 6, wraps at 16336, error at position 5",
    "  H1 connection flags 0x00000100, H1 stream flags 0x00000890",
    "  H1 msg state MSG_CHUNK_CRLF(28), H1 msg flags 0x00011712",
    "  H1 chunk len 0 bytes, H1 body len 0 bytes :",
    "  ",
    String.raw`  00000  2\r\n`,
    "  00003  abX",
    "",
  ]);
});

test.each([
  ["", true, true],
  ["fe", true, true],
  ["2", true, true],
  ["be", false, true],
  ["-1 request", true, false],
  ["-1 response", false, true],
  ["99", false, false],
])("%j", (words, hasRequest, hasResponse) => {
  const lines = show(words, {}, { other: { name: "fe", id: 2 } });
  expect([
    lines.some((line) => line.includes("invalid request")),
    lines.some((line) => line.includes("invalid response")),
  ]).toEqual([hasRequest, hasResponse]);
});
