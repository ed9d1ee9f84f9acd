/** Options that an engine takes and does not heed: whoever asks for one is told, for without it less would be safe than was asked for. */
import { TlsOptionError, type TlsOptionPart, type TlsRules } from "./secure.ts";

/** Parts that an engine leaves unheeded, and its name for messages. */
export interface Unheeded {
  readonly engine: string;
  readonly parts: readonly TlsOptionPart[];
}

/** Deno 2.9's: a certificate that is revoked is as good to it as any, and its suites, curves and tickets are always the same. */
export const unheededByDeno: Unheeded = {
  engine: "Deno's TLS",
  parts: ["crl", "ciphers", "curves", "sigalgs", "tickets"],
};

/** Throws a TlsOptionError for the first part that is asked for and would not be heeded. */
export function refuseUnheeded(rules: TlsRules, { engine, parts }: Unheeded): void {
  const asked: Partial<Record<TlsOptionPart, boolean>> = {
    crl: rules.crl.length > 0,
    ciphers: rules.ciphers !== null,
    curves: rules.curves !== null,
    sigalgs: rules.sigalgs !== null,
    tickets: !rules.tickets,
  };
  const part = parts.find((one) => asked[one] === true);
  if (part !== undefined) throw new TlsOptionError(part, `${engine} does not heed it`);
}
