/** The portable transport: Bun's own sockets and nothing else. */
import { bunConnect, bunProbe } from "./bun-connect.ts";
import { bunListen } from "./bun-listener.ts";
import { copyingRelay } from "../relay/copying-relay.ts";
import type { Transport } from "../transport.ts";

/** Runs wherever Bun runs. */
export const bunTransport: Transport = {
  name: "bun",
  listen: bunListen,
  connect: bunConnect,
  relay: copyingRelay,
  probe: bunProbe,
};
