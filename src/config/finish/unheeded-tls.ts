/** What a plan asks of TLS that the runtime's takes and does not heed. */
import type { Plan } from "../../plan/plan.ts";
import type { Position } from "../../plan/position.ts";
import type { TlsOffer } from "../../plan/tls.ts";
import type { Diagnostics } from "../text/diagnostics.ts";

interface Asked extends Partial<TlsOffer> {
  readonly revocations?: string | null;
  readonly tickets?: boolean;
}

/** Refuses each of them by name, at its line. `whose`: TLS of which runtime it is, "Deno's". */
export function refuseUnheededTls(plan: Plan, diagnostics: Diagnostics, whose: string): void {
  const refuse = ({ file, line }: Position, where: string, asked: Asked): void => {
    const names = namesOf(asked);
    if (names.length === 0) return;
    const text = `[${file}:${line}] : '${where}' : ${names.join(", ")} would need TLS that heeds it, which ${whose} does not.`;
    diagnostics.add({ level: "alert", text, pointer: null, advice: null });
  };
  for (const { binds } of plan.frontends) {
    const told = new Set<string>();
    for (const { tls, text, position } of binds) {
      // A range of ports is one line.
      const line = `${position.file}:${position.line} ${text}`;
      if (tls === null || told.has(line)) continue;
      told.add(line);
      refuse(position, `bind ${text}`, tls);
      for (const { own, position: at } of tls.entries) if (at !== null) refuse(at, `bind ${text}`, own);
    }
  }
  for (const { name, servers } of plan.backends)
    for (const server of servers)
      if (server.tls !== null) refuse(server.position, `server ${name}/${server.name}`, server.tls);
}

function namesOf({
  revocations = null,
  ciphers = null,
  curves = null,
  sigalgs = null,
  tickets = true,
}: Asked): string[] {
  const asked = {
    "crl-file": revocations !== null,
    ciphers: ciphers !== null,
    curves: curves !== null,
    sigalgs: sigalgs !== null,
    "no-tls-tickets": !tickets,
  };
  return Object.entries(asked).flatMap(([name, is]) => (is ? [`'${name}'`] : []));
}
