/** Accepting: how many may wait for it, who comes, and handing them over. */
import type { SocketAddress } from "../../address.ts";
import type { Connection } from "../transport.ts";

/** The connections waiting for accept that HAProxy asks for when the file says nothing is its maxconn; this is Linux's somaxconn. */
export const defaultBacklog = 4096;

const nameless = { unix: { kind: "unix", path: "" }, abstract: { kind: "abstract", name: "" } } as const;

/** The far end of a unix socket's client, which has no address of its own. */
export function namelessClient(kind: "unix" | "abstract"): SocketAddress {
  return nameless[kind];
}

/** As `accept`; when that throws the client is cut off, for nobody has it. What was thrown goes on. */
export function guarded(accept: (client: Connection) => void): (client: Connection) => void {
  return (client) => {
    try {
      accept(client);
    } catch (error) {
      client.reset();
      throw error;
    }
  };
}
