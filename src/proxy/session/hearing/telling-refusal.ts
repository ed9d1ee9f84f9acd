/** Tells that a server turns sessions down, and has others serve for a moment. */
import type { ServerRefusal } from "../../../ssh-facts.ts";
import type { Server } from "../../backend/server.ts";
import { refusalWords } from "../../process/server-refusals.ts";
import type { SessionContext } from "../context/session-context.ts";

/** Counts one of `server`, and tells it unless that was done a moment ago. */
export function noteRefusal({ front }: SessionContext, server: Server, refusal: ServerRefusal): void {
  const { name: backend, logs } = server.backend.plan;
  const name = server.name === "" ? "<NOSRV>" : server.name;
  if (!front.process.serverRefusals.note(backend, name, refusal)) return;
  const text = `Server ${backend}/${name} ${refusalWords(refusal)}.`;
  front.process.emit({ type: "server-refusal", backend, logs, text });
}
