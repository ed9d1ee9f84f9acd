/** The transport on node:net, for Node and Deno. */
import { nodeConnect, nodeProbe } from "./node-connect.ts";
import { NodeConnection } from "./node-connection.ts";
import { type NodeAbilities, nodeListen } from "./node-listener.ts";
import { portableRelay } from "../relay/copying-relay.ts";
import type { Gate } from "../gate.ts";
import type { Connection, Relay, RelayLimits, Tap, Transport } from "../transport.ts";

/** Runs wherever node:net does, and asks for nothing that only one system has. */
export function nodeTransport(abilities: NodeAbilities): Transport {
  return {
    name: "node",
    listen: (options, accept) => nodeListen(abilities, options, accept),
    connect: nodeConnect,
    relay: (client: Connection, server: Connection, limits: RelayLimits, tap?: Tap, gate?: Gate): Relay =>
      portableRelay(own(client), own(server), limits, tap, gate),
    probe: nodeProbe,
  };
}

function own(connection: Connection): NodeConnection {
  if (!(connection instanceof NodeConnection)) throw new TypeError("this connection belongs to another transport");
  return connection;
}
