/** What is wrong with what a line of either side offers: lists of ciphers and their like, and protocols where HTTP is spoken. */
import { Complaint } from "../text/complaint.ts";
import type { Level } from "../text/diagnostics.ts";
import { cipherAdvice, http1Names, judgeSuites, readCiphers, refuseSuites } from "./offer.ts";

/** Says something of a line; the caret stands under the keyword. */
export type Tell = (level: Level, text: string, keyword: string, advice?: string | null) => void;

/** Judges a list for versions up to 1.2. `end`: how HAProxy ends the sentence, "" or ` for bind '…'`. */
export function tellOfCiphers(list: string, end: string, tell: Tell): void {
  try {
    if (readCiphers(list) !== null) return;
    tell("alert", `unable to set SSL cipher list to '${list}'${end}.`, "ciphers", cipherAdvice);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    tell("alert", `${error.message}${end}.`, "ciphers", error.advice);
  }
}

/** Judges a list for TLS 1.3; whether all that is offered is in it. */
export function tellOfSuites(list: string, end: string, tell: Tell): boolean {
  const verdict = judgeSuites(list);
  if (verdict.kind === "unknown") {
    tell("alert", `unable to set TLS 1.3 cipher suites to '${list}'${end}.`, "ciphersuites");
  } else if (verdict.kind === "forbids") {
    const { message, advice } = refuseSuites("ciphersuites", verdict.suites);
    tell("alert", `${message}${end === "" ? "" : `,${end}`}.`, "ciphersuites", advice);
  }
  return verdict.kind === "all";
}

/** HTTP/2 is not spoken: where HTTP is, it is left out of what is offered, and refused where it is all. */
export function tellOfProtocols(keyword: string, names: readonly string[], end: string, tell: Tell): void {
  const left = http1Names(names);
  if (left === null) {
    const advice = "HTTP/1.1 is what is spoken: say http/1.1";
    tell("alert", `'${keyword} ${names.join(",")}' is not supported${end}${end === "" ? "" : "."}`, keyword, advice);
  } else if (left.length < names.length) {
    const lost = names.filter((name) => !left.includes(name)).join(",");
    const why = `HTTP/1.1 is what is spoken${end === "" ? "" : `,${end}`}`;
    tell("notice", `'${keyword}' offers ${left.join(",")} and not ${lost}: ${why}.`, keyword);
  }
}
