/** Lists of revoked certificates (RFC 5280, section 5): what an operator is shown of one. Nothing here judges it. */
import { type DerElement, DerReader, derTags, identifierText, integerBytes } from "./der.ts";
import { type DistinguishedName, readName } from "./distinguished-name.ts";
import { latin1 } from "../latin1.ts";
import { algorithmName } from "./object-names.ts";

/** What a list says. Its bytes are not copied. */
export interface RevocationList {
  /** 1 or 2. */
  readonly version: number;
  readonly signatureAlgorithm: string;
  readonly issuer: DistinguishedName;
  /** As OpenSSL writes them: `Nov  9 04:50:52 2026 GMT`. Null: it is none. */
  readonly lastUpdate: string | null;
  readonly nextUpdate: string | null;
  /** Read as they are come to: there may be millions. */
  readonly revoked: Iterable<RevokedCertificate>;
}

/** One of them. */
export interface RevokedCertificate {
  /** Its magnitude. */
  readonly serial: Uint8Array;
  readonly at: string | null;
}

/* CertificateList ::= { TBSCertList, AlgorithmIdentifier, BIT STRING }
   TBSCertList     ::= { version?, AlgorithmIdentifier, issuer, thisUpdate, nextUpdate?, { { serial, date, … } … }?, [0] … } */

/** Reads one from its DER bytes; null: they are none. */
export function readRevocationList(der: Uint8Array): RevocationList | null {
  const fields = new DerReader(der).enter(derTags.sequence)?.enter(derTags.sequence);
  if (fields === null || fields === undefined) return null;
  const version = fields.take(derTags.integer)?.at(-1) ?? 0;
  const signature = fields.enter(derTags.sequence)?.take(derTags.objectIdentifier);
  const issuer = fields.take(derTags.sequence);
  const issuerName = issuer === null ? null : readName(issuer);
  if (!signature || issuerName === null) return null;
  const lastUpdate = timeText(fields.next());
  let next = fields.next();
  const isTime = next?.tag === derTags.utcTime || next?.tag === derTags.generalizedTime;
  const nextUpdate = isTime ? timeText(next) : null;
  if (isTime) next = fields.next();
  return {
    version: version + 1,
    signatureAlgorithm: algorithmName(identifierText(signature)),
    issuer: issuerName,
    lastUpdate,
    nextUpdate,
    revoked: revokedIn(next?.tag === derTags.sequence ? next.content : new Uint8Array(0)),
  };
}

function revokedIn(content: Uint8Array): Iterable<RevokedCertificate> {
  return {
    *[Symbol.iterator]() {
      const list = new DerReader(content);
      for (let one = list.enter(derTags.sequence); one !== null; one = list.enter(derTags.sequence)) {
        const serial = one.take(derTags.integer);
        if (serial === null) return;
        yield { serial: integerBytes(serial), at: timeText(one.next()) };
      }
    },
  };
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Of UTCTime (`YYMMDDhhmmssZ`, RFC 5280, section 4.1.2.5.1) or GeneralizedTime (`YYYYMMDDhhmmssZ`). */
function timeText(element: DerElement | null): string | null {
  if (element === null) return null;
  const isLong = element.tag === derTags.generalizedTime;
  if (!isLong && element.tag !== derTags.utcTime) return null;
  const text = latin1(element.content);
  if (!/^\d{12,14}Z$/.test(text) || text.length !== (isLong ? 15 : 13)) return null;
  const whole = isLong ? text : `${text < "5" ? "20" : "19"}${text}`;
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)(..)(..)(..)/.exec(whole) ?? [];
  const name = months[Number(month) - 1];
  return name === undefined
    ? null
    : `${name} ${String(Number(day)).padStart(2)} ${hour}:${minute}:${second} ${year} GMT`;
}
