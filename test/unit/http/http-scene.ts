/** A proxy in `mode http` on loopback, servers that say what a test wants, and clients made of plain sockets. */
import { createServer, type Server, type Socket } from "node:net";
import type { Responder } from "../../../src/http/answers/responder.ts";
import { httpServing } from "../../../src/http/serving.ts";
import {
  httpBackendDefaults,
  type HttpBackendPlan,
  httpDefaults,
  httpFrontendDefaults,
  type HttpFrontendPlan,
} from "../../../src/plan/http.ts";
import type { Transport } from "../../../src/net/transport.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import type { BackendPlan, FrontendPlan } from "../../../src/plan/proxy.ts";
import { Scene } from "../proxy/proxy-scene.ts";
import { backendPlan, frontendPlan, globalPlan, serverPlan } from "../proxy/plans.ts";
import { noTlsFiles } from "../../../src/plan/tls.ts";

const proxy = {
  ...httpDefaults,
  requestRules: [],
  responseRules: [],
  afterResponseRules: [],
  redirectRules: [],
  errorPages: {},
  httpTimeouts: { httpRequestMs: 0, httpKeepAliveMs: 0, tarpitMs: 0 },
};

export interface Parts {
  readonly front?: Partial<FrontendPlan>;
  readonly back?: Partial<BackendPlan>;
  readonly httpFront?: Partial<HttpFrontendPlan>;
  readonly httpBack?: Partial<HttpBackendPlan>;
}

/** One frontend and one backend with servers at `ports`. */
export function httpPlan(ports: readonly number[], { front, back, httpFront, httpBack }: Parts = {}): Plan {
  const http: HttpFrontendPlan = {
    ...proxy,
    ...httpFrontendDefaults,
    monitorFail: [],
    requestCaptures: [],
    responseCaptures: [],
    ...httpFront,
  };
  return {
    global: globalPlan(),
    frontends: [frontendPlan({ mode: "http", http, ...front } as Partial<FrontendPlan>)],
    backends: [
      backendPlan({
        mode: "http",
        http: { ...proxy, ...httpBackendDefaults, ...httpBack },
        servers: ports.map((port, at) => serverPlan(`s${at + 1}`, port)),
        ...back,
      } as Partial<BackendPlan>),
    ],
    resolvers: [],
    patternLists: [],
    userlists: [],
    tls: noTlsFiles,
  } as unknown as Plan;
}

/** `responder`: who makes pages. `sockets`: left out: those that the binary would use here. */
export function httpScene(responder: Responder | null = null, sockets?: Transport): Scene {
  return new Scene(sockets, undefined, { http: (sessions, global) => httpServing(sessions, global, responder) });
}

/** A server that keeps what it gets, and says what `answer` makes of it each time that something comes. */
export class Origin implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly sockets: Socket[] = [];
  /** How often something came. */
  heard = 0;
  /** Connections. */
  open = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `answer` gets what came since its last word; null: nothing is said yet. */
  static async start(answer: (text: string, socket: Socket) => string | Buffer | null): Promise<Origin> {
    const server = createServer({ allowHalfOpen: true });
    const origin = new Origin(server);
    server.on("connection", (socket) => {
      let text = "";
      origin.sockets.push(socket);
      origin.open += 1;
      socket.on("close", () => (origin.open -= 1));
      socket.on("error", () => socket.destroy());
      socket.on("end", () => socket.end());
      socket.on("data", (bytes) => {
        text += bytes.toString("latin1");
        origin.heard += 1;
        const said = answer(text, socket);
        if (said === null) return;
        origin.requests.push(text);
        text = "";
        socket.write(said);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return origin;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A whole head, at least. */
export function hasHead(text: string): boolean {
  return text.includes("\r\n\r\n");
}

export function ok(body: string, fields = ""): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}
