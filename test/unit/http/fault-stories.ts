/** What clients and servers of `mode http` do while something throws or fails. */
import type { Socket } from "node:net";
import { openDescriptorCount } from "../../../src/net/libc/process-calls.ts";
import { httpServing } from "../../../src/http/serving.ts";
import type { Transport } from "../../../src/net/transport.ts";
import { FaultScene, reach } from "../proxy/fault-scene.ts";
import type { TestClient } from "../proxy/proxy-scene.ts";
import { hasHead, ok, Origin } from "./http-scene.ts";

/** What a client says, and what it waits to have received before it goes on. */
type Word = readonly [says: string, until: string | RegExp];

export interface Story {
  readonly name: string;
  readonly front?: string;
  readonly back?: string;
  /** Behind the address of the first server; the second refuses everybody. */
  readonly options?: string;
  readonly answer?: (text: string, socket: Socket) => string | null;
  readonly words: readonly Word[];
  /** How the client leaves; left out: it finishes, and waits. */
  readonly leaves?: "reset" | "waits";
  /** What the log tells of each exchange when nothing throws. */
  readonly ends: readonly string[];
}

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const post = (more: string, body: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${more}\r\n${body}`;
const answer = (text: string): string | null => (hasHead(text) ? ok("hello") : null);

export const stories: readonly Story[] = [
  {
    name: "two requests that go through everything",
    front: ` stick-table type ip size 10 store conn_cur,http_req_rate(10s),http_err_rate(10s),gpc0
 capture request header Host len 9
 capture response header Server len 9
 capture cookie SID len 9
 option forwardfor
 unique-id-format %[src]-%ci
 unique-id-header X-ID
 tcp-request connection track-sc0 src
 tcp-request content set-var(txn.b) path
 http-request track-sc1 src table be
 http-request set-var(sess.a) src
 http-request set-var(txn.c) path
 http-request early-hint Link x
 http-request set-header X-A %[path]
 redirect prefix http://b if { path /none }
 http-response set-header X-B %[capture.req.uri]
 http-after-response set-header X-C %[status]
 use_backend be if { path -m found }
`,
    back: ` stick-table type ip size 10 store conn_cur
 stick on src
 stick store-response src
 cookie SRV insert
 use-server s1 if { path -m found }
 http-request set-header X-D e
 http-response del-header X-E
`,
    options: "cookie s1",
    words: [
      [get("/1"), "hello"],
      [get("/2"), /hello[^]*hello/],
    ],
    ends: ["--", "--"],
  },
  {
    name: "pipelined requests, and one of no use",
    words: [[get("/1") + get("/2") + get("/3") + "junk \x01\r\n\r\n", / 400 /]],
    ends: ["--", "--", "--", "PR"],
    leaves: "waits",
  },
  {
    name: "a pool that all share",
    back: " http-reuse always\n",
    options: "pool-max-conn 5",
    words: [
      [get("/1"), "hello"],
      [get("/2"), /hello[^]*hello/],
    ],
    ends: ["--", "--"],
  },
  {
    name: "a connection that its server has closed",
    back: " http-reuse never\n",
    answer(text, socket) {
      if (hasHead(text)) setTimeout(() => socket.end(), 1);
      return answer(text);
    },
    words: [
      [get("/1"), "hello"],
      [get("/2"), /hello[^]*hello/],
    ],
    ends: ["--", "--"],
  },
  {
    name: "an answer that is tried again",
    back: " retries 1\n retry-on empty-response 503\n",
    answer(text, socket) {
      if (!hasHead(text)) return null;
      if (text.includes("GET /1")) socket.end();
      return "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
    },
    words: [[get("/2"), / 503 /]],
    ends: ["--"],
  },
  {
    name: "a server that refuses",
    back: " retries 2\n option redispatch 1\n timeout connect 20\n",
    options: "disabled",
    words: [[get("/"), / 503 /]],
    ends: ["SC"],
  },
  {
    name: "uploads with a length and in chunks",
    answer: (text) => (/abcdef$|x: y\r\n\r\n$/.test(text) ? ok("hello") : null),
    words: [
      [post("Content-Length: 6\r\n", "abc"), ""],
      ["def", "hello"],
      [post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"), ""],
      ["3\r\ndef\r\n0\r\nX: y\r\n\r\n", "hello"],
    ],
    ends: ["--", "--"],
  },
  {
    name: "a body that is waited for",
    front: " http-request wait-for-body time 5s\n",
    words: [
      [post("Expect: 100-continue\r\nContent-Length: 6\r\n", ""), "100 Continue"],
      ["abcabc", "hello"],
    ],
    ends: ["--"],
  },
  {
    name: "an answer in chunks for HTTP/1.0",
    answer: (text) =>
      hasHead(text) ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" : null,
    words: [["GET / HTTP/1.0\r\n\r\n", "hello"]],
    ends: ["--"],
    leaves: "waits",
  },
  {
    name: "an answer that ends with its connection",
    answer(text, socket) {
      if (!hasHead(text)) return null;
      setTimeout(() => socket.end("lo"), 1);
      return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhel";
    },
    words: [[get("/"), "hello"]],
    ends: ["--"],
    leaves: "waits",
  },
  {
    name: "an answer that is cut short",
    answer(text, socket) {
      if (!hasHead(text)) return null;
      setTimeout(() => socket.destroy(), 1);
      return "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel";
    },
    words: [[get("/"), "hel"]],
    ends: ["SD"],
    leaves: "waits",
  },
  {
    name: "an answer that is compressed",
    back: " compression algo gzip\n",
    answer: (text) => (hasHead(text) ? ok("hello".repeat(100), "Content-Type: text/plain\r\n") : null),
    words: [[get("/", "Accept-Encoding: gzip\r\n"), "\r\n0\r\n\r\n"]],
    ends: ["--"],
  },
  {
    name: "a tunnel",
    answer: (text) =>
      hasHead(text) ? "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" : text === "ping" ? "pong" : null,
    words: [
      [get("/", "Connection: upgrade\r\nUpgrade: x\r\n"), / 101 /],
      ["ping", "pong"],
    ],
    ends: ["--"],
  },
  {
    name: "answers without a server",
    front: ` errorloc 410 http://b/
 monitor-uri /alive
 monitor fail if { path /none }
 timeout tarpit 10ms
 http-request deny deny_status 410 if { path /deny }
 http-request return status 200 content-type a/b lf-string %[path] if { path /return }
 http-request redirect location /there if { path /go }
 http-request tarpit if { path /tarpit }
`,
    words: [
      [get("/alive"), / 200 /],
      [get("/deny"), / 302 /],
      [get("/return"), "/return"],
      [get("/go"), "/there"],
      [get("/tarpit", "Connection: close\r\n"), / 500 /],
    ],
    ends: ["LR", "PR", "LR", "LR", "PT"],
    leaves: "waits",
  },
  {
    name: "an answer that is denied",
    front: " http-response deny if { status 200 }\n",
    words: [[get("/no"), / 502 /]],
    ends: ["PH"],
  },
  {
    name: "no answer in time",
    back: " timeout server 20ms\n",
    answer: () => null,
    words: [[get("/"), / 504 /]],
    ends: ["sH"],
  },
  {
    name: "no body in time",
    front: " timeout client 20ms\n",
    answer: () => null,
    words: [[post("Content-Length: 9\r\n", "abc"), / 408 /]],
    ends: ["cH"],
    leaves: "waits",
  },
  {
    name: "a client that resets while it waits",
    answer: () => null,
    words: [[get("/"), ""]],
    ends: ["CH"],
    leaves: "reset",
  },
  {
    name: "a client that resets in the body",
    answer: () => null,
    words: [[post("Content-Length: 9\r\n", "abc"), ""]],
    ends: ["CD"],
    leaves: "reset",
  },
  {
    name: "a request that waits in vain for a slot",
    back: " timeout queue 20ms\n",
    options: "maxconn 1",
    words: [[get("/"), / 503 /]],
    ends: ["sQ"],
  },
];

const config = (story: Story, port: number): string => `
defaults
 mode http
 log 127.0.0.1:9 local0
 log-format "%ci %ts %B %ST %HU %[capture.req.uri]"
 timeout client 2s
 timeout server 2s
 timeout connect 5s
frontend fe
 bind 127.0.0.1:1
 maxconn 1
 default_backend be
${story.front ?? ""}backend be
${story.back ?? ""} server s1 127.0.0.1:${port} pool-purge-delay 10ms ${story.options ?? ""}
${story.name === "a server that refuses" ? " server s2 127.0.0.1:1\n" : ""}`;

async function play(scene: FaultScene, client: TestClient, { words, leaves }: Story, origin: Origin): Promise<void> {
  const asked = origin.heard;
  for (const [says, wanted] of words) {
    const from = client.received.length;
    client.socket.write(says);
    await reach(scene, client, () => {
      const since = client.received.slice(typeof wanted === "string" ? from : 0);
      return typeof wanted === "string" ? since.includes(wanted) : wanted.test(since);
    });
  }
  if (leaves === "reset") {
    await reach(scene, client, () => origin.heard > asked);
    client.socket.resetAndDestroy();
    return scene.until(() => scene.proxy.state.current === 0);
  }
  if (leaves === undefined) client.socket.end();
  await client.ended;
}

/** A story's frontend and backend, whose seams pass a trap, and its server. */
export class Stage implements AsyncDisposable {
  readonly scene: FaultScene;
  /** Descriptors that may be open when nothing is left. */
  descriptors = Infinity;
  readonly #isQueued: boolean;

  private constructor(
    readonly story: Story,
    readonly origin: Origin,
    sockets: Transport,
  ) {
    this.scene = new FaultScene(sockets, (sessions, global) => httpServing(sessions, global));
    this.#isQueued = story.options === "maxconn 1";
  }

  /** Has played it once: what the runtime opens once and keeps is open. */
  static async set(story: Story, sockets: Transport): Promise<Stage> {
    const origin = await Origin.start(story.answer ?? answer);
    const stage = new Stage(story, origin, sockets);
    await stage.scene.run(config(story, origin.port));
    await stage.play(
      () => undefined,
      () => "nothing",
    );
    stage.scene.events.length = 0;
    stage.descriptors = openDescriptorCount() ?? 0;
    return stage;
  }

  /** What the log told, from the `from`th line on. */
  letters(from = 0): string[] {
    return this.scene.records.slice(from).map((one) => one.termination.slice(0, 2));
  }

  /** Plays it once, until nothing is left of it. `begin` is called before the client comes; `over` once it has gone, and says what was wrong. */
  async play(begin: () => void, over: () => string): Promise<void> {
    const { scene, story, origin } = this;
    const server = scene.proxy.running.backends.get("be")?.find("s1");
    if (this.#isQueued) server?.take();
    begin();
    const client = await scene.open();
    try {
      await play(scene, client, story, origin);
    } finally {
      client.socket.destroy();
    }
    const name = over();
    if (this.#isQueued) server?.release();
    await scene.until(() => {
      scene.served = origin.open;
      return scene.served === 0;
    });
    await scene.untilNothingIsTaken(this.descriptors, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
    await this.origin[Symbol.asyncDispose]();
  }
}
