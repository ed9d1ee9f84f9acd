/** `ssh-hostkey SHA256:…`: the fingerprint of a key as ssh prints it, and what is said of words that are none. */
import { Complaint } from "../text/complaint.ts";
import type { Word } from "../text/statement.ts";

const printers = "'ssh-keygen -lf FILE' and 'fairlead probe HOST' print it";

/** As ssh prints it: without padding, which some tools add. */
export function readFingerprint(word: Word | undefined, keyword: Word): string {
  const text = word?.text ?? "";
  if (word === undefined || text === "")
    throw new Complaint(
      `'ssh-hostkey' expects a fingerprint like SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU: ${printers}`,
      keyword,
    );
  const digits = text.startsWith("SHA256:") ? text.slice("SHA256:".length).replace(/={1,2}$/, "") : undefined;
  const wrong = digits === undefined ? noFingerprint(text) : wrongDigits(digits);
  if (wrong !== null) throw new Complaint(`'ssh-hostkey' : '${text}' ${wrong}`, word);
  return `SHA256:${digits}`;
}

function noFingerprint(text: string): string {
  if (/^(?:MD5:)?(?:[0-9a-f]{2}:){15}(?:[0-9a-f]{2})$/i.test(text))
    return `is an MD5 fingerprint, which can be forged: the one that begins with SHA256: is needed; ${printers}`;
  if (/^(?:AAAA|ssh-|ecdsa-)/.test(text)) return `is a key and not its fingerprint: ${printers}`;
  if (/^sha256:/i.test(text)) return "begins otherwise than with 'SHA256:', in capitals";
  return `is no fingerprint, which begins with 'SHA256:': ${printers}`;
}

/** 32 bytes are 43 characters of base64, of the last of which two bits are over. */
function wrongDigits(digits: string): string | null {
  if (/^(?:[0-9a-f]{64}|(?:[0-9a-f]{2}:){31}(?:[0-9a-f]{2}))$/i.test(digits))
    return `is written in hexadecimal: ssh writes the same in base64; ${printers}`;
  const foreign = /[^A-Za-z0-9+/]/.exec(digits)?.[0];
  if (foreign !== undefined) return `has a character that base64 does not have: '${foreign}'`;
  if (digits.length !== 43) return `has ${digits.length} characters behind 'SHA256:', where a fingerprint has 43`;
  return /[AEIMQUYcgkosw048]$/.test(digits)
    ? null
    : "is the fingerprint of nothing: its last character cannot stand there";
}
