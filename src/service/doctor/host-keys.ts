/** Whether servers that stand behind one address have the same host keys: clients know only one. */
import type { BackendPlan } from "../../plan/proxy.ts";
import { judgePins } from "../../ssh/hostkeys/pins.ts";
import { seenKeys } from "../../ssh/hostkeys/known.ts";
import { isSound } from "../../ssh/probe/probed.ts";
import { shownKeys } from "../../ssh/probe/report.ts";

import type { Answer } from "./answers.ts";
import type { Finding } from "./finding.ts";

/** One of those that a probe shows. */
export type HostKey = ReturnType<typeof shownKeys>[number];

/** Keys that servers have shown to hold, each once. */
export function keysOf(answers: readonly Answer[]): readonly HostKey[] {
  const keys = answers.flatMap(({ probed }) => (probed === null ? [] : shownKeys(probed)));
  return [...new Map(keys.map((key) => [key.fingerprint, key])).values()];
}

/** Of each server with pins whether its keys are among them. */
export function examinePins(answers: readonly Answer[]): readonly Finding[] {
  const names = new Map(keysOf(answers).map(({ fingerprint, name }) => [fingerprint, name]));
  return answers.flatMap((answer) => {
    const { backend, server, probed } = answer;
    const pins = server.hostKeys?.pins ?? [];
    if (pins.length === 0 || probed === null || probed.offer === null) return [];
    const verdict = judgePins(pins, seenKeys(probed.keys), isSound(probed), (pin) => names.get(pin) ?? null);
    if (verdict === "unknown" || verdict.objection === null) return [];
    const [first] = shownKeys(probed);
    const what = `server '${backend.name}/${server.name}': ${verdict.objection}, so it stays down; where that key is right, pin it`;
    const fix = first === undefined ? null : `ssh-hostkey ${first.fingerprint}`;
    return [{ severity: "error" as const, id: "host-key-pin", what, position: server.position, fix }];
  });
}

/** Of each backend the first server whose key of some type is another's. */
export function examineHostKeys(answers: readonly Answer[]): readonly Finding[] {
  const backends = new Map<BackendPlan, Answer[]>();
  for (const one of answers) {
    if (one.backend.mode !== "tcp" || one.probed === null) continue;
    backends.set(one.backend, [...(backends.get(one.backend) ?? []), one]);
  }
  return [...backends.values()].flatMap(differing);
}

function differing(answers: readonly Answer[]): readonly Finding[] {
  const seen = new Map<string, { readonly answer: Answer; readonly key: HostKey }>();
  const found: Finding[] = [];
  for (const answer of answers) {
    const { backend, server } = answer;
    const others = answer.probed === null ? [] : shownKeys(answer.probed);
    for (const key of others) {
      const first = seen.get(key.type);
      seen.set(key.type, first ?? { answer, key });
      if (first === undefined || first.key.fingerprint === key.fingerprint) continue;
      const what =
        `servers of '${backend.name}' have different ${key.type} host keys: ` +
        `${first.answer.server.name} ${first.key.fingerprint}, ${server.name} ${key.fingerprint}; clients that know one refuse the other`;
      // Where rules choose among servers each may have an address of its own for its clients.
      const severity = backend.useServers.length > 0 ? "note" : "error";
      found.push({
        severity,
        id: "host-keys-differ",
        what,
        position: server.position,
        fix: copyCommand(first.answer, answer, key),
      });
      break;
    }
  }
  return found;
}

function copyCommand(from: Answer, to: Answer, { type }: HostKey): string | null {
  const [source, target] = [from.address, to.address];
  if (source?.kind !== "tcp" || target?.kind !== "tcp") return null;
  const name = `/etc/ssh/ssh_host_${type.toLowerCase()}_key`;
  return source.host === target.host ? null : `$ scp -3 -p root@${source.host}:${name} root@${target.host}:${name}`;
}
