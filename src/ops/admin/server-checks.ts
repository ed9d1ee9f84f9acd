/** What `set server` changes of checks and agents: where they go, what an agent is sent, what it is taken to have said. */
import { isIP } from "node:net";
import type { CheckTarget, PublicProxy, ServerStats } from "../../proxy/public.ts";
import { type Answer, err, type Message, told, warning } from "./answer.ts";
import { wordTable } from "../../word-table.ts";

/** The server that a command names. */
export interface CheckedServer {
  readonly proxy: PublicProxy;
  readonly backend: string;
  readonly server: ServerStats;
}

type Verb = (target: CheckedServer, args: readonly string[]) => Answer;

const noCheck = "health checks are not enabled on this server";
const noAgent = "agent checks are not enabled on this server";

/** `check-addr IP [port N]`, …, by the word that follows `set server <bk>/<srv>`. */
export const checkVerbs = wordTable<Verb>({
  "check-port": (target, [port]) => changePort(target, "check-port", port),
  "check-addr": (target, args) => changeAddress(target, "check-addr", args),
  "agent-port": (target, [port]) => changePort(target, "agent-port", port),
  "agent-addr": (target, args) => changeAddress(target, "agent-addr", args),
  "agent-send": ({ proxy, backend, server }, [send = ""]) =>
    server.agent === null ? err(`${noAgent}.\n`) : told(proxy.setServerAgent(backend, server.name, { send })),
  agent: ({ proxy, backend, server }, [health]) => {
    if (server.agent === null) return err(`${noAgent}.\n`);
    if (health !== "up" && health !== "down") return err("'set server <srv> agent' expects 'up' or 'down'.\n");
    return told(proxy.setServerAgent(backend, server.name, { health }));
  },
});

function changePort(target: CheckedServer, word: "check-port" | "agent-port", text: string | undefined): Answer {
  if (text === undefined) return err(`set server <b>/<s> ${word} requires a port.\n`);
  const missing = missingFor(target.server, word);
  if (missing !== null) return missing;
  const port = readPort(text);
  return typeof port === "object" ? port : change(target, word, { port });
}

function changeAddress(
  target: CheckedServer,
  word: "check-addr" | "agent-addr",
  [host, keyword, text]: readonly string[],
): Answer {
  if (host === undefined) return err(`set server <b>/<s> ${word} requires an address and optionally a port.\n`);
  const missing = missingFor(target.server, word);
  if (missing !== null) return missing;
  if (isIP(host) === 0) return warning(`invalid addr '${host}'`);
  if (keyword !== "port" || text === undefined) return change(target, word, { host });
  const port = readPort(text);
  return typeof port === "object" ? port : change(target, word, { host, port });
}

function missingFor(server: ServerStats, word: string): Message | null {
  if (word.startsWith("check-")) return server.check === null ? warning(noCheck) : null;
  return server.agent === null ? warning(noAgent) : null;
}

function readPort(text: string): number | Message {
  if (!/^\d{1,9}$/.test(text)) return warning("provided port is not an integer");
  return Number(text) > 65_535 ? warning("provided port is invalid") : Number(text);
}

function change({ proxy, backend, server }: CheckedServer, word: string, to: Partial<CheckTarget>): Answer {
  const refusal = word.startsWith("check-")
    ? proxy.setServerCheck(backend, server.name, to)
    : proxy.setServerAgent(backend, server.name, to);
  return told(refusal);
}
