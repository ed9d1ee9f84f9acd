/** What `show stat` counts of exchanges, column by column, in their frontend, listener, server and backend. */
import type { Socket } from "node:net";
import type { Case, Stage } from "../case.ts";

const columns =
  "scur smax stot dreq dresp ereq econ eresp wretr wredis hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other req_tot cli_abrt srv_abrt comp_byp dcon dses wrew eint connect reuse lbtot intercepted idle_conn_cur safe_conn_cur used_conn_cur need_conn_est srv_icur".split(
    " ",
  );

async function noteCounters(stage: Stage): Promise<void> {
  const [head = "", ...rows] = (await stage.command("show stat")).trim().split("\n");
  const names = head.slice(2).split(",");
  for (const row of rows) {
    const values = row.split(",");
    const counted = columns.map((name) => [name, values[names.indexOf(name)] ?? ""]);
    const told = counted
      .filter(([, value]) => value !== "" && value !== "0")
      .map(([name, value]) => `${name}=${value}`);
    stage.note(`${values[0]}/${values[1]} ${told.join(" ")}`);
  }
}

const get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const bad = "X\r\n\r\n";

function saying(...answers: readonly string[]): (socket: Socket) => void {
  return (socket) => {
    let next = 0;
    socket.on("error", () => {});
    socket.on("data", () => {
      const answer = answers[Math.min(next, answers.length - 1)] ?? "";
      next += 1;
      if (answer === "") socket.end();
      else socket.write(answer);
    });
  };
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

interface Counted {
  readonly name: string;
  /** Of the frontend, of the backend, and behind its server. */
  readonly front?: string;
  readonly back?: string;
  readonly options?: string;
  readonly server?: Case["servers"];
  readonly asks?: readonly string[];
}

const counted: readonly Counted[] = [
  { name: "plain", asks: [get, get] },
  { name: "denied", front: "http-request deny" },
  { name: "tarpitted", front: "timeout tarpit 20ms\n    http-request tarpit" },
  { name: "bad", asks: [bad] },
  { name: "answer's status set", back: "http-response set-status 404" },
  { name: "answer's status set last", back: "http-after-response set-status 404" },
  { name: "no answer", server: { s: saying("") } },
  { name: "junk", server: { s: saying("junk\r\n\r\n") } },
  // What is under way when it is closed resets it, or comes in time to be read.
  { name: "rejected session", front: "tcp-request session reject", asks: [""] },
  { name: "rejected connection", front: "tcp-request connection reject", asks: [get] },
  { name: "intercepted", front: "http-request return status 200" },
  { name: "nobody listens", back: "retries 1", server: { s: "refuse" } },
  { name: "nobody listens, and only one server", back: "retries 1\n    option redispatch", server: { s: "refuse" } },
  {
    name: "another server",
    back: "retries 2\n    option redispatch 1\n    server t <t>",
    server: { s: "refuse", t: saying(ok) },
  },
];

export const counterCases: readonly Case[] = counted.map(
  ({ name, front = "", back = "", options = "", server, asks }) => ({
    name: `counters: ${name}`,
    configuration: `global
    nbthread 1
    stats socket <admin> level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend f
    option socket-stats
    bind <f> name L
    ${front}
    default_backend b
backend b
    http-reuse never
    server s <s> ${options}
    ${back}
`,
    servers: server ?? { s: saying(ok) },
    logs: 0,
    chance: ["servers"],
    async traffic(stage) {
      for (const ask of asks ?? [get]) await stage.ask("f", { send: ask, end: ask === bad }).catch(() => "");
      await noteCounters(stage);
    },
  }),
);
