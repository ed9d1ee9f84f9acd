/** Handing accepted connections over. */
import type { Connection } from "../transport.ts";

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
