/** `show ssh hostkeys` in words: which server has which keys, since when, and what is wrong with that. */
import type { HostKeyFacts, HostKeysBackend, HostKeysServer, PublicHostKeys } from "../../../ssh/public.ts";
import type { Rows } from "../../answers/slices.ts";

/** A server a step. `only`: of one backend; null: of all. */
export function* hostKeysText(hostKeys: PublicHostKeys, only: string | null): Rows {
  for (const backend of hostKeys.backends()) {
    if (only !== null && backend.name !== only) {
      yield "";
      continue;
    }
    yield backendText(backend);
    for (const server of backend.servers) yield serverText(server);
  }
}

function backendText({ name, differences }: HostKeysBackend): string {
  if (differences.length === 0) return `backend ${name}\n`;
  const lines = differences.flatMap(({ type, groups }) =>
    groups.map(
      ({ fingerprint, servers }) =>
        `    ${type} ${fingerprint ?? "none"}: ${servers.map((server) => server.name).join(", ")}\n`,
    ),
  );
  return `backend ${name}: THE HOST KEYS OF ITS SERVERS DIFFER\n${lines.join("")}`;
}

function serverText({ name, address, pin, objection, lookedAt, failure, changes, keys }: HostKeysServer): string {
  const notes = [
    address ?? "not reached yet",
    lookedAt === null ? "not read yet" : `read ${minute(lookedAt)}`,
    ...(pin === "held" ? ["as pinned"] : pin === "refused" ? ["NOT AS PINNED"] : []),
    ...(changes > 0 ? [`${changes} changed`] : []),
  ];
  const wrong = [objection, failure].filter((text) => text !== null).map((text) => `    ${text}\n`);
  return `  server ${name}: ${notes.join(", ")}\n${wrong.join("")}${keys.map(keyText).join("")}`;
}

function keyText({
  type,
  name,
  bits,
  fingerprint,
  firstAt,
  lastAt,
  isVerified,
  isListed,
  before,
}: HostKeyFacts): string {
  const notes = [
    `first seen ${minute(firstAt)}`,
    ...(isListed ? [] : [`not since ${minute(lastAt)}`]),
    ...(isVerified ? [] : ["not verified: this runtime cannot"]),
  ];
  const kind = name.endsWith(" certificate") ? `${type}-CERT` : type;
  const former =
    before === null
      ? ""
      : `      before it ${before.fingerprint}, seen from ${minute(before.firstAt)} to ${minute(before.lastAt)}\n`;
  return `    ${bits} ${fingerprint} (${kind}) ${notes.join(", ")}\n${former}`;
}

/** `2026-11-29 10:00 UTC`. */
function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
