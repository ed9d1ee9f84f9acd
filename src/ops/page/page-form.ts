/** The form of the statistics page: what it changes, and what is told of that. */
import type { PublicProxy, ServerStats } from "../../proxy/public.ts";
import { silently } from "../answers/slices.ts";
import { wordTable } from "../../word-table.ts";
import type { Outcome } from "./page-choice.ts";

/** One server that is to be changed. */
interface Target {
  readonly proxy: PublicProxy;
  readonly backend: string;
  readonly server: ServerStats;
}

/** What an action does. False: this server has nothing that it could be done to. Rows are to be gone through. */
type Act = (target: Target) => boolean | Iterable<unknown>;

function state(to: "ready" | "drain" | "maint"): Act {
  return ({ proxy, backend, server }) => proxy.setServerState(backend, server.name, to) === null;
}

function checks(enabled: boolean): Act {
  return ({ proxy, backend, server }) =>
    server.check !== null && proxy.setServerChecks(backend, server.name, enabled) === null;
}

function agent(enabled: boolean): Act {
  return ({ proxy, backend, server }) =>
    server.agent !== null && proxy.setServerAgent(backend, server.name, { enabled }) === null;
}

function health(to: "up" | "stopping" | "down"): Act {
  return ({ proxy, backend, server }) =>
    server.trackedAs === null && proxy.setServerHealth(backend, server.name, to) === null;
}

function agentHealth(to: "up" | "down"): Act {
  return ({ proxy, backend, server }) =>
    server.agent !== null && proxy.setServerAgent(backend, server.name, { health: to }) === null;
}

/** By the value of `action`; those behind the empty line are not offered any more, and scripts know them. */
const acts = wordTable<Act>({
  ready: state("ready"),
  drain: state("drain"),
  maint: state("maint"),
  dhlth: checks(false),
  ehlth: checks(true),
  hrunn: health("up"),
  hnolb: health("stopping"),
  hdown: health("down"),
  dagent: agent(false),
  eagent: agent(true),
  arunn: agentHealth("up"),
  adown: agentHealth("down"),
  shutdown({ proxy, backend, server }) {
    const ending = proxy.killSessionsOf(backend, server.name);
    return "refused" in ending ? false : silently(ending);
  },

  disable: state("maint"),
  enable: state("ready"),
  stop: state("drain"),
  start: state("ready"),
});

/** What it is called on the page, in the order there. */
export const actionLabels: readonly (readonly [value: string, label: string])[] = [
  ["ready", "Set state to READY"],
  ["drain", "Set state to DRAIN"],
  ["maint", "Set state to MAINT"],
  ["dhlth", "Health: disable checks"],
  ["ehlth", "Health: enable checks"],
  ["hrunn", "Health: force UP"],
  ["hnolb", "Health: force NOLB"],
  ["hdown", "Health: force DOWN"],
  ["dagent", "Agent: disable checks"],
  ["eagent", "Agent: enable checks"],
  ["arunn", "Agent: force UP"],
  ["adown", "Agent: force DOWN"],
  ["shutdown", "Kill sessions"],
];

/** Carries a form out, a server a step; `told` hears in the end what came of it. */
export function* carryOut(proxy: PublicProxy, form: string, told: (outcome: Outcome) => void): Iterable<unknown> {
  const fields = new URLSearchParams(form);
  const servers = fields.getAll("s");
  const [action, wanted] = [fields.get("action"), fields.get("b")];
  const act = action === null ? undefined : acts.get(action);
  const backend = wanted === null ? null : backendOf(proxy, wanted);
  if ((action !== null && act === undefined) || (wanted !== null && backend === null)) return told("ERRP");
  if (act === undefined || backend === null || servers.length === 0) return told("NONE");
  let [changed, unknown] = [0, 0];
  for (const name of servers) {
    const server = proxy.server(backend, name);
    if (server === null) unknown += 1;
    else {
      const done = act({ proxy, backend, server });
      if (typeof done === "object") yield* done;
      if (done !== false) changed += 1;
    }
    yield null;
  }
  if (unknown > 0) return told(changed > 0 ? "PART" : "ERRP");
  told(changed === 0 ? "NONE" : "DONE");
}

/** By its name or, behind `#`, its id. */
function backendOf(proxy: PublicProxy, wanted: string): string | null {
  if (!wanted.startsWith("#")) return proxy.backend(wanted)?.name ?? null;
  return proxy.backends().find(({ id }) => String(id) === wanted.slice(1))?.name ?? null;
}

/** Whether a browser sends it for a page that is not ours. What no browser sends (scripts) says nothing of where it comes from. */
export function isForeign(field: (name: string) => string | null): boolean {
  const site = field("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const from = field("origin") ?? field("referer");
  if (from === null) return false;
  const [, host = null] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(from) ?? [];
  return host === null || host.toLowerCase() !== field("host")?.toLowerCase();
}
