/** The transport on node:net, for Node and Deno. */
import { nodeConnect, nodeProbe } from "./node-connect.ts";
import { type NodeAbilities, nodeListen } from "./node-listener.ts";
import { copyingRelay } from "../relay/copying-relay.ts";
import type { Transport } from "../transport.ts";

/** Runs wherever node:net does, and asks for nothing that only one system has. */
export function nodeTransport(abilities: NodeAbilities): Transport {
  return {
    name: "node",
    listen: (options, accept) => nodeListen(abilities, options, accept),
    connect: nodeConnect,
    relay: copyingRelay,
    probe: nodeProbe,
  };
}
