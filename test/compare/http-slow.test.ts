/** Peers that take their time in every phase, beside HAProxy: what is waited for, for how long, and the letters that tell it. */
import type { Socket } from "node:net";
import type { HttpCase, Step } from "./http/case.ts";
import { compareAll } from "./http/pair.ts";
import { visible } from "./transcript.ts";

const lines = (...all: readonly string[]): string => all.map((line) => `    ${line}\n`).join("");
const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const chunks = "3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n";
const posts: Readonly<Record<string, string>> = {
  "with a length": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde",
  "in chunks": `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
};
const heads: Readonly<Record<string, readonly [head: string, body: string]>> = {
  "with a length": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "abcde"],
  "in chunks": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks],
  "to the end of the connection": ["HTTP/1.1 200 OK\r\n\r\n", "abcde"],
};

/** In pieces, with a pause behind each but the last. */
function slowly(text: string, pieces: number, pause: number): Step[] {
  const size = Math.ceil(text.length / pieces);
  return Array.from({ length: pieces }, (_, at) => text.slice(at * size, (at + 1) * size))
    .filter((piece) => piece !== "")
    .flatMap((piece, at): Step[] => (at === 0 ? [piece] : [{ pause }, piece]));
}

/** A server that says this, a piece every so many ms, and then ends. */
function saying(text: string, pieces: number, pause: number, ends: boolean) {
  return (socket: Socket): void => {
    const steps = slowly(text, pieces, pause).filter((step) => typeof step === "string");
    const next = (): void => {
      const piece = steps.shift();
      if (socket.destroyed) return;
      if (piece !== undefined) socket.write(Buffer.from(piece, "latin1"));
      if (steps.length > 0) setTimeout(next, pause);
      else if (ends) socket.end();
    };
    socket.once("data", next);
  };
}

/** Limits that no piece reaches, though all of them together do. */
const patient = lines("timeout client 400ms", "timeout server 400ms");
const impatient = lines("timeout client 250ms", "timeout server 250ms");

/** HAProxy makes chunks of its own of what has come by then. */
function chunking(what: string): Pick<HttpCase, "chance"> {
  return what === "in chunks" ? { chance: ["server"] } : {};
}

/** Only a reset tells that an answer without a length or chunks is not whole. */
function cut(body: string): Pick<HttpCase, "differs"> {
  const text = visible(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${body}`);
  return { differs: { because: "the client must not take it for the whole", client: `${text} reset` } };
}

const rows: readonly HttpCase[] = [
  { name: "a head byte by byte", client: [{ slowly: get }] },
  { name: "a head whose pieces are each in time", lines: patient, client: slowly(get, 4, 150) },
  {
    name: "a head whose pieces are each in time, and all of which is not",
    lines: lines("timeout http-request 300ms"),
    client: [...slowly(get.slice(0, -2), 6, 90), "ended"],
  },
  {
    name: "line ends, and nothing else in time",
    lines: lines("timeout http-request 250ms"),
    client: ["\r\n", "ended"],
  },
  ...Object.entries(posts).flatMap(([what, text]): HttpCase[] => [
    { name: `a request ${what} byte by byte`, client: [{ slowly: text }], ...chunking(what) },
    {
      name: `a request ${what} whose pieces are each in time`,
      lines: patient,
      client: slowly(text, 6, 150),
      ...chunking(what),
    },
  ]),
  ...Object.entries(heads).flatMap(([what, [head, body]]): HttpCase[] => {
    const ends = what.endsWith("connection");
    const isChunked = what === "in chunks";
    return [
      {
        name: `an answer ${what} byte by byte`,
        client: [get],
        server: saying(head + body, 999, 2, ends),
        ...(isChunked ? { chance: ["client"] } : {}),
      },
      {
        name: `an answer ${what} whose pieces are each in time`,
        lines: patient,
        client: [get],
        server: saying(head + body, 6, 150, ends),
      },
      {
        name: `an answer ${what} whose head stops`,
        lines: impatient,
        client: [get],
        server: saying(head.slice(0, -3), 1, 0, false),
      },
      {
        name: `an answer ${what} that stops behind its head`,
        lines: impatient,
        client: [get, "ended"],
        server: saying(head, 1, 0, false),
        ...(ends ? cut("") : {}),
      },
      {
        name: `an answer ${what} that stops in the body`,
        lines: impatient,
        client: [get, "ended"],
        server: saying(head + body.slice(0, 4), 1, 0, false),
        ...(ends ? cut("abcd") : isChunked ? { chance: ["client"] } : {}),
      },
    ];
  }),
  {
    name: "an answer in chunks that stops in its trailers",
    lines: impatient,
    client: [get, "ended"],
    server: saying(heads["in chunks"]!.join("").slice(0, -3), 1, 0, false),
    chance: ["client"],
  },
  {
    name: "an interim answer, and no other",
    lines: impatient,
    client: [get],
    server: saying("HTTP/1.1 100 Continue\r\n\r\n", 1, 0, false),
  },
  {
    name: "interim answers, each in time",
    lines: patient,
    client: [get],
    server: saying(
      `${"HTTP/1.1 102 Processing\r\nX: yz\r\n\r\n".repeat(5)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\nY: z\r\n\r\n`,
      6,
      150,
      false,
    ),
  },
  {
    name: "an upload in pieces to a server that has answered",
    lines: patient,
    early: true,
    client: [...slowly(posts["with a length"]!, 6, 150)],
  },
  {
    name: "a client that waits between two requests",
    lines: patient,
    client: [get, { until: "\r\n\r\nok" }, { pause: 150 }, get],
    logs: 2,
  },
];

compareAll(rows);
