/** Whether what a server says is what `ssh-check expect` wants of it. */
import type { SshExpectation } from "../../../plan/ssh/ssh-check.ts";
import { compileRegex, type Regex } from "../../../regex/compile.ts";
import type { SshOffer } from "../../../ssh-facts.ts";
import type { SshHeard } from "./heard.ts";

/** Each compiled when it is first needed. */
const compiled = new WeakMap<SshExpectation, Regex>();

/** Whether its identification alone does not tell. */
export function needsOffer(expects: readonly SshExpectation[]): boolean {
  return expects.some(({ what }) => what !== "ident");
}

/** The first thing that is not as expected, in words for the log; null: all that can be told is. Lists that have not come are passed over. */
export function misfit(expects: readonly SshExpectation[], heard: SshHeard): string | null {
  for (const one of expects) {
    const wrong = wrongWith(one, heard);
    if (wrong !== null) return `expect ${one.negate ? "! " : ""}${one.what} '${one.pattern}': ${wrong}`;
  }
  return null;
}

function wrongWith(expectation: SshExpectation, { identification, offer }: SshHeard): string | null {
  const { what, negate } = expectation;
  const regex = regexOf(expectation);
  if (what === "ident") return regex.test(identification.line) === negate ? identification.line : null;
  if (offer === null) return null;
  const found = listsOf(what, offer).map((list) => list.find((name) => regex.test(name)));
  if (!negate) return found.includes(undefined) ? "the server does not list it" : null;
  const unwanted = found.find((name) => name !== undefined);
  return unwanted === undefined ? null : `the server lists ${unwanted}`;
}

/** One, or one for each direction. */
function listsOf(what: Exclude<SshExpectation["what"], "ident">, offer: SshOffer): readonly (readonly string[])[] {
  switch (what) {
    case "kex":
      return [offer.keyExchange];
    case "hostkey":
      return [offer.hostKey];
    case "cipher":
      return [offer.ciphersToServer, offer.ciphersToClient];
    case "mac":
      return [offer.macsToServer, offer.macsToClient];
  }
}

function regexOf(expectation: SshExpectation): Regex {
  let regex = compiled.get(expectation);
  if (regex === undefined) compiled.set(expectation, (regex = compileRegex(expectation.pattern)));
  return regex;
}
