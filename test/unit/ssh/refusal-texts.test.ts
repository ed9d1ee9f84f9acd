/** What refused clients read: who says it, with which code, and that no text can harm a terminal. */
import { expect, test } from "bun:test";
import type { SshRefusal, SshSession } from "../../../src/proxy/process/ssh-place.ts";
import { lastWordOf, reasonOf, shown } from "../../../src/ssh/refusal-texts.ts";

interface Said {
  readonly lastWord?: SshSession["lastWord"];
  readonly front?: string | null;
  readonly back?: string | null;
  readonly server?: string | null;
  readonly foreign?: "client" | "server" | null;
}

function side(text: string | null | undefined): object {
  return {
    plan: { ssh: { refusal: text === undefined ? null : { kind: text === null ? "silent" : "text" } } },
    rules: {
      sshError: typeof text === "string" ? (record: { termination: string }) => text + record.termination : null,
    },
  };
}

/** `front`, `back`: their `ssh-error`; null: `no ssh-error`; left out: nothing. */
function session({ lastWord = null, front, back, server = null, foreign = null }: Said = {}): SshSession {
  return {
    lastWord,
    front: side(front),
    at: side(back),
    ssh: { foreign, client: {}, server: {} },
    recordSoFar: () => ({ server, termination: "--" }),
  } as unknown as SshSession;
}

/** Code and text of what its client is sent; null: nothing. */
function told(one: SshSession, cause = "S", phase = "C"): readonly [number, string] | null {
  const refusal: SshRefusal = { cause, phase };
  const reason = reasonOf(one, refusal);
  const bytes = reason === null ? null : lastWordOf(one, reason, refusal);
  if (bytes === null) return null;
  const line = "SSH-2.0-fairlead\r\n";
  expect(Buffer.from(bytes.subarray(0, line.length)).toString()).toBe(line);
  const packet = Buffer.from(bytes.subarray(line.length));
  return [packet.readUInt32BE(6), packet.toString("utf8", 14, 14 + packet.readUInt32BE(10))];
}

test("each end has its reason, and those that the client brought about have none", () => {
  const reasons = (server: string | null): (string | null)[] =>
    ["SC", "sC", "sQ", "SQ", "PR", "PD", "RC", "IR", "KR", "CQ", "cR", "UD"].map((letters) =>
      reasonOf(session({ server }), { cause: letters[0] as string, phase: letters[1] as string }),
    );
  const others = ["timeout", "queue", "queue", "rule", "rule", "limit", "fault", "maintenance", null, null, null];
  expect(reasons("one")).toEqual(["unreachable", ...others]);
  expect(reasons(null)).toEqual(["no-server", ...others]);
  expect(reasonOf(session({ foreign: "server" }), { cause: "P", phase: "D" })).toBe("foreign");
});

test("how the last server turned a session down is said, where one did", () => {
  const said = (["full", "not-allowed", "closed"] as const).map((serverRefusal) =>
    told({ ...session({ server: "one" }), serverRefusal }),
  );
  expect(said).toEqual([
    [12, "The server takes no more connections at the moment. Please try again later."],
    [12, "The server takes no connections from here. Please try again later."],
    [7, "The server cannot be reached at the moment. Please try again later."],
  ]);
  const full = { ...session({ server: "one" }), serverRefusal: "full" } as const;
  expect([told(full, "s", "Q")?.[0], reasonOf(full, { cause: "s", phase: "C" })]).toEqual([12, "timeout"]);
});

test("the code says whether it is a limit, a rule, or that nothing serves", () => {
  const codes = ["SC", "sC", "IR", "sQ", "SQ", "RC", "PR", "PD"].map(
    ([cause = "", phase = ""]) => told(session(), cause, phase)?.[0],
  );
  expect(codes).toEqual([7, 7, 7, 12, 12, 12, 11, 11]);
});

test("a rule's text comes before the frontend's, that before the backend's, and that before a built-in one", () => {
  const lastWord = { text: "banned", code: 2 };
  expect(told(session({ lastWord, front: null, back: "back" }))).toEqual([2, "banned"]);
  expect(told(session({ front: "front ", back: "back " }))).toEqual([7, "front SC"]);
  expect(told(session({ back: "back " }))).toEqual([7, "back SC"]);
  expect(told(session())).toEqual([7, "No server is available at the moment. Please try again later."]);
});

test("a client that is refused before its backend is known reads what its usual one says", () => {
  const one = session({ back: "usual " });
  expect(told({ ...one, at: null, front: { ...one.front, defaultBackend: one.at } }, "P", "R")).toEqual([
    11,
    "usual PR",
  ]);
});

test("who is to be silent is, and an empty text gives way to a built-in one", () => {
  expect(told(session({ front: null, back: "back" }))).toBeNull();
  expect(told(session({ back: null }))).toBeNull();
  expect(told(session({ lastWord: { text: "\n", code: 11 } }), "P", "R")?.[1]).toContain("Not allowed");
});

test("no control character goes out, and what is not UTF-8 is made so", () => {
  expect(shown("\x1b[31mred\r\nReceived\0 \x7f")).toBe("[31mred  Received");
  expect(shown("caf\xc3\xa9 \xc2\x9b31m")).toBe("café  31m");
  expect(shown("caf\xe9")).toBe("caf\ufffd");
  expect(told(session({ front: "x".repeat(1000) }))?.[1]).toHaveLength(400);
});

test("a client that has read its server's lines reads a packet behind them", () => {
  const refusal = { cause: "P", phase: "D" };
  const after = lastWordOf(Object.assign(session(), { hasServerLines: true }), "rule", refusal);
  const whole = lastWordOf(session(), "rule", refusal);
  expect(Buffer.from(after ?? []).toString("latin1")).toBe(
    Buffer.from(whole ?? [])
      .toString("latin1")
      .slice("SSH-2.0-fairlead\r\n".length),
  );
});
