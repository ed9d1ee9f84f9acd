/** `show errors`: what of bad messages is kept, and how it is shown. */
import type { Socket } from "node:net";
import type { Case, Stage } from "../case.ts";
import { visible } from "../transcript.ts";

const everyByte = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

/** Each is refused by both, at the same byte. */
const requests: Readonly<Record<string, string>> = {
  "a control in a name": "GET / HTTP/1.1\r\nHost: a\r\nX\u0000y: 1\r\n\r\n",
  "a blank behind a name": `GET / HTTP/1.1\r\nHost : a\r\nX: ${everyByte}\r\n\r\n`,
  "lines of any length": `GET / HTTP/1.1\r\nHost : a\r\n${Array.from({ length: 9 }, (_, more) => `X: ${"a".repeat(60 + more)}\r\n`).join("")}\r\n`,
  escapes: `GET / HTTP/1.1\r\nHost : a\r\nX: ${"a".repeat(60)}${"\t".repeat(30)}${"\\".repeat(30)}${"\u0001".repeat(30)}\r\n\r\n`,
  method: "G\u0001T / HTTP/1.1\r\n\r\n",
  target: "GET /\u00e4 HTTP/1.1\r\nHost: a\r\n\r\n",
  "something behind the version": "GET / HTTP/1.1 \r\n\r\n",
  "the request line's end": "GET / HTTP/1.1\rX\r\n",
  "a folded line": "GET / HTTP/1.1\r\n X: a\r\n\r\n",
  "no name": "GET / HTTP/1.1\r\n: a\r\n\r\n",
  "a line's end in a value": "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
  "a line's end in no value": "GET / HTTP/1.1\r\nX:\r\r\n\r\n",
  "the end": "GET / HTTP/1.1\r\nX: a\r\n\rX",
  "a length": "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
  "two lengths": "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
  "two hosts": "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "what was learnt before": "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\nX : 1\r\n\r\n",
  "HTTP/1.0": "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nX : 1\r\n\r\n",
};

async function noteErrors(stage: Stage, command: string): Promise<void> {
  const said = await stage.command(command);
  // Of a response this flag is left to chance.
  for (const line of said.replaceAll("0x00004810", "0x00004818").split("\n")) stage.note(line);
}

function server(answer: string): (socket: Socket) => void {
  return (socket) => void socket.once("data", () => socket.end(Buffer.from(answer, "latin1")));
}

const configuration = `global
    nbthread 1
    stats socket <admin> level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend f
    bind <f>
    default_backend b
frontend loose
    option accept-invalid-http-request
    bind <loose>
    default_backend b
backend b
    server s <s>
listen l
    bind <l>
    server bad <bad>
`;

export const errorCases: readonly Case[] = [
  {
    name: "bad requests as show errors shows them",
    configuration,
    servers: { s: server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), bad: server("") },
    logs: 0,
    async traffic(stage) {
      await noteErrors(stage, "show errors");
      for (const [what, request] of Object.entries(requests)) {
        const said = await stage.ask("f", { send: Buffer.from(request, "latin1"), as: what });
        if (said === "") throw new Error(`no answer to ${visible(request)}`);
        await noteErrors(stage, "show errors f request");
      }
    },
  },
  {
    name: "bad responses as show errors shows them, and which are asked for",
    configuration,
    servers: {
      s: server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX\u0000y: 1\r\n\r\nab"),
      bad: server("HTTP/1.1 2x0 OK\r\n\r\n"),
    },
    logs: 0,
    chance: ["servers"],
    async traffic(stage) {
      await stage.ask("f", { send: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" });
      await stage.ask("l", { send: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" });
      await stage.ask("l", { send: "GET / HTTP/1.1\r\nHost : a\r\n\r\n" });
      await stage.ask("loose", { send: "GET /\u00e4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" });
      const asked = [
        "",
        "f",
        "b",
        "l",
        "loose",
        "nope",
        "request",
        "99",
        "-1 request",
        "-1 response",
        "l request",
        "b foo",
        "0",
      ];
      for (const words of asked) {
        stage.note(`show errors ${words}`);
        await noteErrors(stage, `show errors ${words}`);
      }
    },
  },
];
