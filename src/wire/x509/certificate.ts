/** X.509 certificates (RFC 5280): what rules, logs and PROXY headers tell of one. Nothing here judges it. */
import { DerReader, derTags, identifierText, integerBits, integerBytes } from "./der.ts";
import { type DistinguishedName, readName } from "./distinguished-name.ts";
import { latin1 } from "../latin1.ts";
import { algorithmName, keyBitsOnCurve } from "./object-names.ts";

/** What a certificate says of itself. Its bytes are not copied. */
export interface Certificate {
  readonly der: Uint8Array;
  /** 1 to 3. */
  readonly version: number;
  /** Its magnitude. */
  readonly serial: Uint8Array;
  /** OpenSSL's short names: `ecdsa-with-SHA256`, `id-ecPublicKey`. */
  readonly signatureAlgorithm: string;
  readonly keyAlgorithm: string;
  /** Null: not known of such keys. */
  readonly keyBits: number | null;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** `YYMMDDhhmmssZ`; null: not of this century's first half (a UTCTime), or of this century (a GeneralizedTime). */
  readonly notBefore: string | null;
  readonly notAfter: string | null;
  /** DNS names of the extension for that, as written. */
  readonly dnsNames: readonly string[];
}

/* Certificate    ::= { TBSCertificate, AlgorithmIdentifier, BIT STRING }
   TBSCertificate ::= { [0] { version }, serial, AlgorithmIdentifier, issuer, { notBefore, notAfter }, subject,
                        { AlgorithmIdentifier, BIT STRING }, [1] …, [2] …, [3] { extensions } } */
const versionTag = 0xa0;
const extensionsTag = 0xa3;

/** Reads one from its DER bytes; null: they are none. */
export function readCertificate(der: Uint8Array): Certificate | null {
  const fields = new DerReader(der).enter(derTags.sequence)?.enter(derTags.sequence);
  if (fields === null || fields === undefined) return null;
  const version = fields.enter(versionTag)?.take(derTags.integer)?.at(-1) ?? 0;
  const serial = fields.take(derTags.integer);
  const signature = fields.enter(derTags.sequence)?.take(derTags.objectIdentifier);
  const issuer = fields.take(derTags.sequence);
  const validity = fields.enter(derTags.sequence);
  const subject = fields.take(derTags.sequence);
  const key = fields.enter(derTags.sequence);
  if (!serial || !signature || !issuer || !validity || !subject || !key) return null;
  const issuerName = readName(issuer);
  const subjectName = readName(subject);
  const publicKey = readKey(key);
  if (issuerName === null || subjectName === null || publicKey === null) return null;
  return {
    der,
    version: version + 1,
    serial: integerBytes(serial),
    signatureAlgorithm: algorithmName(identifierText(signature)),
    keyAlgorithm: publicKey.algorithm,
    keyBits: publicKey.bits,
    issuer: issuerName,
    subject: subjectName,
    notBefore: readTime(validity),
    notAfter: readTime(validity),
    dnsNames: readDnsNames(fields),
  };
}

/** As HAProxy shows it: without a GeneralizedTime's century. */
function readTime(validity: DerReader): string | null {
  const element = validity.next();
  if (element === null) return null;
  const text = latin1(element.content);
  if (!/^[0-9A-Za-z.+-]*$/.test(text)) return null;
  if (element.tag === derTags.generalizedTime) return text.length < 12 || !text.startsWith("20") ? null : text.slice(2);
  return element.tag === derTags.utcTime && text.length >= 10 && text < "5" ? text : null;
}

function readKey(key: DerReader): { readonly algorithm: string; readonly bits: number | null } | null {
  const algorithm = key.enter(derTags.sequence);
  const identifier = algorithm?.take(derTags.objectIdentifier);
  const bits = key.take(derTags.bitString);
  if (!algorithm || !identifier || !bits) return null;
  const name = algorithmName(identifierText(identifier));
  return { algorithm: name, bits: keyBits(name, algorithm, bits) };
}

/** Of RSA those of the modulus, of DSA those of the prime, of curves those of their order. */
function keyBits(name: string, parameters: DerReader, bits: Uint8Array): number | null {
  switch (name) {
    case "rsaEncryption":
    case "RSASSA-PSS":
      // Behind the number of bits that the last byte does not use.
      return bitsOf(new DerReader(bits.subarray(1)).enter(derTags.sequence));
    case "DSA":
      return bitsOf(parameters.enter(derTags.sequence));
    case "id-ecPublicKey": {
      const curve = parameters.take(derTags.objectIdentifier);
      return curve === null ? null : keyBitsOnCurve(identifierText(curve));
    }
    default:
      return null;
  }
}

function bitsOf(numbers: DerReader | null): number | null {
  const first = numbers?.take(derTags.integer);
  return first ? integerBits(first) : null;
}

const subjectAltName = "2.5.29.17";
const dnsNameTag = 0x82;

/** Extension: { identifier, critical BOOLEAN, OCTET STRING }; its names are { [2] dNSName, … }. */
function readDnsNames(fields: DerReader): string[] {
  const names: string[] = [];
  for (let field = fields.next(); field !== null; field = fields.next()) {
    const extensions = field.tag === extensionsTag ? new DerReader(field.content).enter(derTags.sequence) : null;
    for (let extension = extensions?.next(); extension; extension = extensions?.next()) {
      const parts = new DerReader(extension.content);
      const identifier = parts.take(derTags.objectIdentifier);
      if (identifier === null || identifierText(identifier) !== subjectAltName) continue;
      let value = parts.next();
      if (value !== null && value.tag !== derTags.octetString) value = parts.next();
      const list = value === null ? null : new DerReader(value.content).enter(derTags.sequence);
      for (let one = list?.next(); one; one = list?.next()) {
        if (one.tag === dnsNameTag) names.push(latin1(one.content));
      }
    }
  }
  return names;
}
