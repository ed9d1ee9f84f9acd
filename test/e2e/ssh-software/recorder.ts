/** A wire in front of a server that remembers what went over it. */
import { connect } from "node:net";
import { serve, type TestServer } from "../sockets.ts";

/** What one connection carried, each way, as far as it is kept. */
export interface Recorded {
  client: Buffer;
  server: Buffer;
}

export interface Recorder extends TestServer {
  /** In the order of the connections. */
  readonly recorded: readonly Recorded[];
}

/** Enough for identifications and KEXINIT of either side. */
const keptBytes = 64 * 1024;

/** Passes everything on to a port of loopback. Ends of either side are passed on, too. */
export async function record(port: number): Promise<Recorder> {
  const recorded: Recorded[] = [];
  const wire = await serve((client) => {
    const kept: Recorded = { client: Buffer.alloc(0), server: Buffer.alloc(0) };
    recorded.push(kept);
    const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const keep = (side: "client" | "server") => (bytes: Buffer) => {
      if (kept[side].length < keptBytes) kept[side] = Buffer.concat([kept[side], bytes]);
    };
    client.on("data", keep("client")).pipe(server);
    server.on("data", keep("server")).pipe(client);
    server.on("error", () => client.destroy());
    server.on("close", () => client.destroy());
    client.on("close", () => server.destroy());
  });
  return { ...wire, recorded };
}
