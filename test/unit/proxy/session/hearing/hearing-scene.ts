/** Servers of SSH that turn sessions down as a script says, and a proxy in front that listens to them. */
import { createServer, type Server, type Socket } from "node:net";
import type { Event } from "../../../../../src/events.ts";
import type { Transport } from "../../../../../src/net/transport.ts";
import type { BackendPlan, FrontendPlan } from "../../../../../src/plan/proxy.ts";
import { sshDefaults, type SshPlan } from "../../../../../src/plan/ssh/ssh.ts";
import type { SessionRecord } from "../../../../../src/session-record.ts";
import { Ssh } from "../../../../../src/ssh/ssh.ts";
import { transport } from "../../../../transport.ts";
import { onePlan } from "../../plans.ts";
import { Scene, type TestClient } from "../../proxy-scene.ts";

/** What a server does with one connection. */
export type Act = (socket: Socket) => void;

/** Says it, and echoes what it hears. */
export function serves(text: string): Act {
  return (socket) => {
    socket.write(text);
    socket.pipe(socket);
  };
}

/** Says it and closes, though it has not read: what follows is a reset where something has come. */
export function turnsDown(text: string): Act {
  return (socket) => {
    if (text === "") socket.destroy();
    else socket.write(text, () => socket.destroy());
  };
}

/** RST, once something has come. */
export const resetsOnceTold: Act = (socket) => {
  socket.once("data", () => socket.resetAndDestroy());
};

export const resets: Act = (socket) => {
  socket.resetAndDestroy();
};

/** A server that listens. */
export interface Scripted {
  readonly port: number;
  /** What each of its connections has brought so far. */
  readonly heard: string[];
  readonly sockets: Socket[];
}

// A server that says nothing answers in good time, and whoever waits a second does not for long.
const quick = { connectMs: 2000, serverMs: 5000, serverFinMs: 0, tunnelMs: 0, queueMs: 5000, checkMs: 0 };

/** Has one frontend and one backend, `fe` and `be`. */
export class HearingScene extends Scene {
  readonly ssh: Ssh;
  readonly #scripted: Server[] = [];

  constructor(sockets: Transport = transport, hear: (event: Event) => void = () => {}) {
    const ssh = new Ssh();
    super(sockets, hear, { ssh });
    this.ssh = ssh;
  }

  /** Does so with one connection after the other, the last act for all that follow. */
  async script(...acts: readonly Act[]): Promise<Scripted> {
    const scripted = { port: 0, heard: [] as string[], sockets: [] as Socket[] };
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const at = scripted.heard.push("") - 1;
      scripted.sockets.push(socket);
      socket.on("data", (bytes) => (scripted.heard[at] += bytes.toString("latin1")));
      socket.on("error", () => socket.destroy());
      socket.on("end", () => socket.end());
      // A server that never reads is paused before the first byte is.
      (acts[Math.min(at, acts.length - 1)] as Act)(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#scripted.push(server);
    scripted.port = (server.address() as { port: number }).port;
    return scripted;
  }

  /** Applies a plan whose sessions are read. */
  async begin(
    back: Partial<BackendPlan>,
    front: Partial<FrontendPlan> = {},
    ssh: Partial<SshPlan> = {},
  ): Promise<void> {
    const plan = { ...sshDefaults, isRead: true, ...ssh };
    await this.apply(onePlan({ ssh: plan, ...front }, { timeouts: quick, ...back }));
  }

  /** A client that says this, and not more. */
  async say(text: string): Promise<TestClient> {
    const client = await this.open();
    if (text !== "") client.socket.write(text);
    return client;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#scripted) server.close();
    await super[Symbol.asyncDispose]();
  }
}

/** The log's figures without times: server, state, retries. */
export function told({ server, termination, retries, redispatched, connectMs }: SessionRecord): string {
  const way = `${redispatched ? "+" : ""}${retries}`;
  return `${server ?? "<NOSRV>"} ${connectMs < 0 ? "-" : "c"} ${termination} ${way}`;
}
