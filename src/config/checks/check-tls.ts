/** `ssl`, `sni` and `alpn` of a check's step `connect` (manual, 4.2, `tcp-check connect` and `http-check connect`). */
import type { CheckTlsPlan } from "../../plan/tls.ts";
import { positionOf } from "../draft/draft.ts";
import type { Line } from "../row/row.ts";
import { http1Names, readAlpn } from "../tls/offer.ts";
import { complain, Complaint } from "../text/complaint.ts";
import type { Word } from "../text/statement.ts";

/** What a step has said of TLS so far. */
export interface ConnectTls {
  isSpoken: boolean;
  sni: string | null;
  alpn: readonly string[];
  /** `sni` and `alpn`, which mean nothing without `ssl`. */
  readonly details: Word[];
  /** The word of a list that has names which are not spoken, and those that are left. */
  narrowed: { readonly word: Word; readonly left: readonly string[] | null } | null;
}

/** A step that has said nothing. */
export function newConnectTls(): ConnectTls {
  return { isSpoken: false, sni: null, alpn: [], details: [], narrowed: null };
}

/** Reads what stands behind `sni` or `alpn`. Throws a Complaint. */
export function readTlsWord(tls: ConnectTls, family: "tcp" | "http", keyword: Word, word: Word | undefined): void {
  const text = word?.text ?? "";
  tls.details.push(keyword);
  if (keyword.text === "sni") {
    if (text === "") throw new Complaint("'sni' expects a string as argument..", keyword);
    tls.sni = text;
    return;
  }
  if (text === "") throw new Complaint("'alpn' : missing the comma-delimited ALPN protocol suite.", keyword);
  const names = readAlpn(text);
  const left = family === "http" ? http1Names(names) : names;
  tls.alpn = left ?? [];
  tls.narrowed = left === null || left.length < names.length ? { word: word ?? keyword, left } : null;
}

/** How the step speaks TLS; null: in clear text, and what it says of TLS is noted as idle. Throws a Complaint for HTTP/2 alone. */
export function connectTls({ isSpoken, sni, alpn, details, narrowed }: ConnectTls, line: Line): CheckTlsPlan | null {
  const { draft, statement } = line;
  if (!isSpoken) {
    for (const { text: keyword } of details) {
      const reason = "it means something only beside `ssl`";
      draft.global.withoutEffect.push({ keyword, reason, position: positionOf(statement) });
    }
    return null;
  }
  if (narrowed !== null && narrowed.left === null) {
    throw new Complaint(
      `'alpn ${narrowed.word.text}' is not supported`,
      narrowed.word,
      "HTTP/1.1 is what is spoken: say http/1.1",
    );
  }
  if (narrowed !== null) {
    const text = `'alpn' offers ${alpn.join(",")} alone: HTTP/1.1 is what is spoken.`;
    complain(draft.diagnostics, "notice", statement, text, narrowed.word);
  }
  return { sni, alpn };
}
