// Expected texts were read from HAProxy 2.6's log with the same scripts against the same answers.
import { describe, expect, test } from "bun:test";
import type { CheckPlan } from "../../../../../src/plan/check.ts";
import {
  checkAgainst,
  closedPort,
  connectStep,
  expectStep,
  format,
  httpExpectStep,
  plainSamples,
  serverCheck,
  steps,
} from "../../check-scene.ts";
import { ProcessVariables, SessionVariables } from "../../../../../src/proxy/process/variables.ts";
import type { Behaviour } from "../../scripted-server.ts";
import { answers, endsAtOnce, resetsOnData, says, saysAndEnds, silent } from "../../scripted-server.ts";
import { timed } from "../../../../lag.ts";

const banner = "SSH-2.0-OpenSSH_9.2\r\n";
const send = (text: string) => ({ kind: "send", data: new Uint8Array(Buffer.from(text)) }) as const;
const tcp = (...list: Parameters<typeof steps>): CheckPlan => ({ kind: "tcp", scripted: true, steps: steps(...list) });

describe("tcp-check", () => {
  const rows: [string, Behaviour, CheckPlan, unknown[]][] = [
    ["string found", says(banner), tcp(expectStep("string", "SSH-2.0-")), ["L7OK", 0, "(tcp-check)"]],
    [
      "string missing, the server waits",
      says(banner),
      tcp(expectStep("string", "NOPE")),
      ["L7TOUT", null, " at step 1 of tcp-check (expect string 'NOPE')"],
    ],
    [
      "string missing at the end",
      saysAndEnds(banner),
      tcp(expectStep("string", "NOPE")),
      ["L7RSP", null, "TCPCHK did not match content 'NOPE' at step 1"],
    ],
    [
      "own comment",
      saysAndEnds(banner),
      tcp([connectStep, "conn comment"], [expectStep("string", "NOPE"), "my comment"]),
      ["L7RSP", null, "TCPCHK did not match content 'NOPE' at step 2 comment: my comment"],
    ],
    [
      "unwanted regex",
      says(banner),
      tcp(expectStep("rstring", "^SSH", { negate: true })),
      ["L7RSP", null, "TCPCHK matched unwanted content (regex) at step 1"],
    ],
    [
      "unwanted string",
      says(banner),
      tcp(expectStep("string", "SSH", { negate: true })),
      ["L7RSP", null, "TCPCHK matched unwanted content 'SSH' at step 1"],
    ],
    [
      "binary missing",
      saysAndEnds(banner),
      tcp(expectStep("binary", "5353482e")),
      ["L7RSP", null, "TCPCHK did not match content (binary) at step 1"],
    ],
    ["binary found", says(banner), tcp(expectStep("binary", "5353482d")), ["L7OK", 0, "(tcp-check)"]],
    ["binary regex found", says(banner), tcp(expectStep("rbinary", "^5353482D")), ["L7OK", 0, "(tcp-check)"]],
    [
      "binary regex missing",
      saysAndEnds(banner),
      tcp(expectStep("rbinary", "^5353482E")),
      ["L7RSP", null, "TCPCHK did not match content (binary regex) at step 1"],
    ],
    [
      "nothing comes, with a comment",
      silent,
      tcp(connectStep, [send("foo"), "sending"], [expectStep("rstring", "NOPE"), "exp"]),
      ["L7TOUT", null, " at step 3 of tcp-check (expect regex) comment: 'exp'"],
    ],
    [
      "empty",
      endsAtOnce,
      tcp([expectStep("string", "NOPE"), "x y"]),
      ["L7RSP", null, "TCPCHK got an empty response at step 1 comment: 'x y'"],
    ],
    [
      "reset",
      resetsOnData,
      tcp(send("foo"), expectStep("string", "NOPE")),
      ["SOCKERR", null, "Connection reset by peer at step 2 of tcp-check (expect string 'NOPE')"],
    ],
    [
      "min-recv reached by the end only",
      saysAndEnds(banner),
      tcp(expectStep("string", "SSH-2.0", { minRecv: 100 })),
      ["L7OK", 0, "(tcp-check)"],
    ],
    [
      "min-recv not reached",
      says(banner),
      tcp(expectStep("string", "SSH-2.0", { minRecv: 100 })),
      ["L7TOUT", null, " at step 1 of tcp-check (expect string 'SSH-2.0')"],
    ],
    [
      "min-recv makes the first bytes decide",
      says(banner),
      tcp(expectStep("string", "NOPE", { minRecv: 4 })),
      ["L7RSP", null, "TCPCHK did not match content 'NOPE' at step 1"],
    ],
    [
      "on-error and error-status",
      saysAndEnds(banner),
      tcp(expectStep("string", "NOPE", { onError: format("sorry bad"), errorStatus: "L7STS" })),
      ["L7STS", 0, "sorry bad"],
    ],
    [
      "on-success, ok-status and status-code",
      says(banner),
      tcp(
        expectStep("string", "SSH", {
          onSuccess: format("very good"),
          okStatus: "L7OKC",
          statusCode: { fetch: "int", arguments: [], converters: [], text: "77" },
        }),
      ),
      ["L7OKC", 77, "very good"],
    ],
    [
      "tout-status",
      silent,
      tcp(expectStep("string", "SSH", { timeoutStatus: "L6TOUT" })),
      ["L6TOUT", null, " at step 1 of tcp-check (expect string 'SSH')"],
    ],
    [
      "format string",
      saysAndEnds(banner),
      tcp(expectStep("string-lf", "NOPE")),
      ["L7RSP", null, "TCPCHK did not match content (log-format string) at step 1"],
    ],
    [
      "format binary",
      saysAndEnds(banner),
      tcp(expectStep("binary-lf", "5050")),
      ["L7RSP", null, "TCPCHK did not match content (log-format binary) at step 1"],
    ],
    [
      "expectations share an answer until the next send",
      (socket) => {
        socket.write(banner);
        socket.on("data", () => socket.end());
      },
      tcp(connectStep, expectStep("string", "SSH"), expectStep("string", "OpenSSH"), send("QUIT\r\n"), {
        ...expectStep("string", "OpenSSH"),
      }),
      ["L7RSP", null, "TCPCHK got an empty response at step 5"],
    ],
    ["connect alone", says(banner), tcp(connectStep), ["L4OK", null, "(tcp-check)"]],
    ["send alone", says(banner), tcp(connectStep, send("foo")), ["L7OK", 0, "(tcp-check)"]],
  ];
  test.concurrent.each(rows)("%s", async (_name, behaviour, plan, expected) => {
    const { seen } = await checkAgainst(behaviour, plan);
    expect(seen).toEqual(expected);
  });

  test("a refused port says which step it was", async () => {
    const port = await closedPort();
    const server = { ...serverCheck, port };
    const refused = async (plan: CheckPlan) => (await checkAgainst(silent, plan, { server })).seen;
    expect(await refused({ kind: "tcp", scripted: false, steps: [] })).toEqual(["L4CON", null, "Connection refused"]);
    expect(await refused(tcp())).toEqual(["L4CON", null, "Connection refused at initial connection step of tcp-check"]);
    expect(await refused(tcp(expectStep("string", "SSH")))).toEqual([
      "L4CON",
      null,
      "Connection refused at initial connection step of tcp-check",
    ]);
    expect(await refused(tcp(connectStep, expectStep("string", "SSH")))).toEqual([
      "L4CON",
      null,
      "Connection refused at step 1 of tcp-check (connect)",
    ]);
    const second = tcp(connectStep, expectStep("string", "SSH"), [{ ...connectStep, port }, "second"]);
    expect((await checkAgainst(says(banner), second)).seen).toEqual([
      "L4CON",
      null,
      `Connection refused at step 3 of tcp-check (connect port ${port}) comment: 'second'`,
    ]);
  });

  test("a port may be an expression; where that comes to nothing it is the server's", async () => {
    const port = await closedPort();
    const expression = { fetch: "var", arguments: ["check.p"], converters: [], text: "var(check.p)" };
    const plan = tcp(connectStep, expectStep("string", "SSH"), [{ ...connectStep, port: expression }, "second"]);
    const seen = async (value: bigint | null): Promise<unknown> => {
      const sample = value === null ? undefined : ({ type: "sint", value } as const);
      const samples = { ...plainSamples, sample: () => sample };
      return (await checkAgainst(says(banner), plan, { samples })).seen;
    };
    const refused = ["L4CON", null, "Connection refused at step 3 of tcp-check (connect) comment: 'second'"];
    expect(await seen(BigInt(port))).toEqual(refused);
    expect(await seen(BigInt(port + 65_536))).toEqual(refused);
    for (const none of [null, 0n]) expect(await seen(none)).toEqual(["L4OK", null, "(tcp-check)"]);
  });

  test("a layer 4 check passes without a word", async () => {
    const { seen, outcome } = await checkAgainst(silent, { kind: "tcp", scripted: false, steps: [] });
    expect([...seen, outcome.verdict]).toEqual(["L4OK", null, null, "passed"]);
  });

  test("a PROXY header goes before what is sent: v1 with the real ends, v2 LOCAL without", async () => {
    const server = { ...serverCheck, sendProxy: true };
    const plan = tcp(send("HELLO"), expectStep("string", "ok"));
    const v1 = await checkAgainst(answers(["ok"]), plan, { server });
    expect(v1.received[0]).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 [0-9]+ [0-9]+\r\nHELLO$/);
    const proxyHeader = { version: 2, options: [], tlvs: [] } as const;
    const v2 = await checkAgainst(answers(["ok"]), plan, { server, proxyHeader });
    expect(v2.received[0]).toBe("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0HELLO");
    const named = await checkAgainst(answers(["ok"]), plan, { server, proxyHeader, neverSendLocal: true });
    expect(named.received[0]).toMatch(/^\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01[\s\S]{4}HELLO$/);
    const explicit = await checkAgainst(answers(["ok"]), tcp(connectStep, send("HELLO"), expectStep("string", "ok")), {
      server,
    });
    expect(explicit.received[0]).toBe("HELLO");
  });

  test("an endless answer ends at the buffer's size", async () => {
    const { seen } = await checkAgainst(says("x".repeat(100_000)), tcp(expectStep("string", "NOPE")), {
      bufsizeBytes: 4096,
    });
    expect(seen).toEqual(["L7RSP", null, "TCPCHK did not match content 'NOPE' at step 1"]);
  });

  test("timeout check counts from the connection's opening", async () => {
    const timeouts = { connectMs: 2000, checkMs: 60 };
    await timed(async (lag) => {
      const { outcome } = await checkAgainst(silent, tcp(expectStep("string", "x")), { timeouts });
      expect(outcome.result.durationMs).toBeWithin(55, 140 + 2 * lag.worstMs);
    });
  });
});

const ok = "HTTP/1.0 200 OK\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello";
const options = {
  kind: "http-send",
  method: "OPTIONS",
  uri: "/",
  version: "HTTP/1.0",
  headers: [],
  body: null,
} as const;
const success = httpExpectStep("status", "200-399");
const only = (...list: Parameters<typeof steps>): CheckPlan => ({
  kind: "http",
  disableOn404: false,
  sendState: false,
  steps: steps(...list, success),
});
const http = (...list: Parameters<typeof steps>): CheckPlan => ({
  kind: "http",
  disableOn404: false,
  sendState: false,
  steps: steps(options, ...(list.length > 0 ? list : [success])),
});
const draining = (step: typeof success): CheckPlan => ({
  kind: "http",
  disableOn404: true,
  sendState: false,
  steps: steps(options, step),
});
const header = (name: string, value: string | null) => ({
  header: {
    full: false,
    name: { match: "str", text: name } as const,
    value: value === null ? null : ({ match: "str", text: value } as const),
  },
});
const request = async (plan: CheckPlan) => (await checkAgainst(answers([ok], true), plan)).received[0];

test("send-state asks whoever holds the options for the server's state", async () => {
  const plan: CheckPlan = { kind: "http", disableOn404: false, sendState: true, steps: steps(options, success) };
  const holder = {
    now: "UP 2/3",
    state(): string {
      return this.now;
    },
  };
  const { received } = await checkAgainst(answers([ok], true), plan, holder as object);
  expect(received[0]?.toLowerCase()).toContain("x-haproxy-server-state: up 2/3\r\n");
});

describe("http-check", () => {
  const notFound = "HTTP/1.1 404 Not Found\r\n\r\n";
  const rows: [string, string, CheckPlan, unknown[]][] = [
    ["200 by default", ok, http(), ["L7OK", 200, null]],
    ["302 by default", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", http(), ["L7OK", 302, null]],
    ["404 by default", notFound, http(), ["L7STS", 404, "Not Found"]],
    ["no reason", "HTTP/1.1 500 \r\n\r\nboom", http(), ["L7STS", 500, null]],
    ["no HTTP", "garbage here\r\n\r\n", http(), ["L7RSP", null, null]],
    ["cut short", "HTTP/1.1 200 O", http(), ["L7RSP", null, null]],
    ["empty", "", http(), ["L7RSP", null, null]],
    ["ranges", notFound, http(httpExpectStep("status", "200-299,404")), ["L7OK", 404, null]],
    ["status unwanted", notFound, http(httpExpectStep("status", "404", { negate: true })), ["L7STS", 404, "Not Found"]],
    [
      "rstatus with a comment",
      notFound,
      http([httpExpectStep("rstatus", "^2"), "c c"]),
      ["L7STS", 404, "Not Found comment: c c"],
    ],
    ["body missing", ok, http(httpExpectStep("string", "nope")), ["L7RSP", null, "HTTP content check did not match"]],
    ["body found", ok, http(httpExpectStep("string", "hell")), ["L7OK", 200, null]],
    [
      "body unwanted",
      ok,
      http(httpExpectStep("string", "hell", { negate: true })),
      ["L7RSP", null, "HTTP check matched unwanted content"],
    ],
    ["body regex", ok, http(httpExpectStep("rstring", "^nope")), ["L7RSP", null, "HTTP content check did not match"]],
    [
      "no body",
      notFound,
      http(httpExpectStep("string", "hello")),
      ["L7RSP", null, "HTTP content check could not find a response body"],
    ],
    ["header", ok, http(httpExpectStep("header", "", header("x-a", "b"))), ["L7OK", 200, null]],
    ["header missing", ok, http(httpExpectStep("header", "", header("x-b", "b"))), ["L7STS", 200, "OK"]],
    [
      "on-error and error-status",
      ok,
      http(httpExpectStep("status", "201", { onError: format("no b"), errorStatus: "L7RSP" })),
      ["L7RSP", null, "no b"],
    ],
    [
      "on-success",
      ok,
      http(httpExpectStep("status", "200", { onSuccess: format("yes sir"), okStatus: "L7OKC" })),
      ["L7OKC", 200, "yes sir"],
    ],
    ["404 drains", notFound, draining(success), ["L7OKC", 404, null]],
    [
      "302 does not drain",
      "HTTP/1.1 302 Found\r\n\r\n",
      draining(httpExpectStep("status", "200")),
      ["L7STS", 302, "Found"],
    ],
    [
      "chunked body",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
      http(httpExpectStep("rstring", "^hello$")),
      ["L7OK", 200, null],
    ],
  ];
  test.concurrent.each(rows)("%s", async (_name, answer, plan, expected) => {
    const { seen } = await checkAgainst(answers([answer], true), plan);
    expect(seen).toEqual(expected);
  });

  test("requests are written as HAProxy writes them", async () => {
    const sendStep = { kind: "http-send", method: "POST", uri: "/x", version: "HTTP/1.1", body: "hello" } as const;
    const headers = [
      { name: "Host", value: "foo" },
      { name: "X-Y", value: "z" },
    ];
    expect(await request(only(options))).toBe("OPTIONS / HTTP/1.0\r\n\r\n");
    expect(await request(only({ ...sendStep, headers }))).toBe(
      "POST /x HTTP/1.1\r\nhost: foo\r\nx-y: z\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
    );
    expect(await request(only({ ...sendStep, method: "GET", version: "", body: null, headers: [] }))).toBe(
      "GET /x HTTP/1.0\r\n\r\n",
    );
  });
});

test("a check gives back what its variables took", async () => {
  const process = new ProcessVariables();
  const variables = (): SessionVariables => new SessionVariables(process, true);
  const set = { kind: "set-var", name: "check.x", value: format("1") } as const;
  await checkAgainst(says(banner), tcp(set, expectStep("string", "SSH-2.0-")), {
    samples: { ...plainSamples, variables },
  });
  process.limits = { ...process.limits, proc: 1 };
  // As much as before: nothing was left.
  expect([process.take(1), process.take(1)]).toEqual([true, false]);
});
