/** `init-addr`: how a server whose address is a name comes to its first one. */
import { isIP } from "node:net";
import type { ServerPlan } from "../../plan/server.ts";

/** How a server begins. */
export interface Beginning {
  /** The method that decided; null: none worked, and it cannot begin. */
  readonly by: "last" | "libc" | "literal" | "none" | null;
  /** Null: it begins without an address, or cannot. */
  readonly host: string | null;
  /** libc was asked in vain before. */
  readonly wasAsked: boolean;
}

/** Tries the methods in order. `last`: what a state file says, or null; `ask` gives libc's addresses, the preferred one first. */
export async function begin(
  { initAddr }: Pick<ServerPlan, "initAddr">,
  last: string | null,
  ask: () => Promise<readonly string[]>,
): Promise<Beginning> {
  let wasAsked = false;
  for (const method of initAddr) {
    if (method === "none") return { by: "none", host: null, wasAsked };
    if (method === "last") {
      if (last !== null) return { by: "last", host: last, wasAsked };
    } else if (method === "libc") {
      const [first] = await ask();
      if (first !== undefined) return { by: "libc", host: first, wasAsked };
      wasAsked = true;
    } else if (isIP(method) !== 0) return { by: "literal", host: method, wasAsked };
  }
  return { by: null, host: null, wasAsked };
}
