/** Where an operator sends checks and agents' questions, in place of what the plan says. */
import type { AgentPlan, ServerAddress, ServerCheckPlan } from "../../plan/server.ts";
import { isSame } from "../../plan/same.ts";

/** What is null is as planned. */
export interface Detour {
  readonly host: string | null;
  readonly port: number | null;
  readonly send: string | null;
}

export const noDetour: Detour = { host: null, port: null, send: null };

/** What an operator changed stays while the plan says what it said. */
export function detourAfter(
  detour: Detour,
  before: ServerCheckPlan | AgentPlan | null,
  now: ServerCheckPlan | AgentPlan | null,
): Detour {
  if (before === null || now === null) return noDetour;
  const send = "send" in before && "send" in now && before.send === now.send ? detour.send : null;
  return {
    host: isSame(before.address, now.address) ? detour.host : null,
    port: before.port === now.port ? detour.port : null,
    send,
  };
}

/** An address that an operator gave. */
export function literalAddress(host: string): ServerAddress {
  return { kind: "tcp", host, isName: false, family: null, port: null, portOffset: 0 };
}
