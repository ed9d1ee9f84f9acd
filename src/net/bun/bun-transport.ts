/** The portable transport: Bun's own sockets and nothing else. */
import { BunConnection } from "./bun-connection.ts";
import { bunConnect, bunProbe } from "./bun-connect.ts";
import { bunListen } from "./bun-listener.ts";
import { portableRelay } from "../relay/copying-relay.ts";
import type { Gate } from "../gate.ts";
import type { Connection, Relay, RelayLimits, Tap, Transport } from "../transport.ts";

/** Runs wherever Bun runs. */
export const bunTransport: Transport = {
  name: "bun",
  listen: bunListen,
  connect: bunConnect,
  relay: (client: Connection, server: Connection, limits: RelayLimits, tap?: Tap, gate?: Gate): Relay =>
    portableRelay(own(client), own(server), limits, tap, gate),
  probe: bunProbe,
};

function own(connection: Connection): BunConnection {
  if (!(connection instanceof BunConnection)) throw new TypeError("this connection belongs to another transport");
  return connection;
}
