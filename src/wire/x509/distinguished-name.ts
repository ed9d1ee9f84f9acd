/** Distinguished names of certificates (X.501), and the three ways in which HAProxy tells them. */
import { type DerElement, DerReader, derTags, identifierText } from "./der.ts";
import { latin1 } from "../latin1.ts";
import { attributeName } from "./object-names.ts";

/** One attribute. Texts have one character per byte, whatever those bytes mean. */
export interface NameEntry {
  /** OpenSSL's short name, or the identifier in figures. */
  readonly name: string;
  readonly isKnown: boolean;
  readonly value: DerElement;
  /** It shares a relative name with the entry before it. */
  readonly isJoined: boolean;
}

/** Entries in the certificate's order. */
export type DistinguishedName = readonly NameEntry[];

/** Name: a sequence of sets of sequences of an identifier and a value. Null: it is none. */
export function readName(content: Uint8Array): DistinguishedName | null {
  const entries: NameEntry[] = [];
  const sets = new DerReader(content);
  for (let set = sets.next(); set !== null; set = sets.next()) {
    if (set.tag !== derTags.set) return null;
    const pairs = new DerReader(set.content);
    for (let pair = pairs.next(), isJoined = false; pair !== null; pair = pairs.next(), isJoined = true) {
      const parts = new DerReader(pair.content);
      const identifier = parts.take(derTags.objectIdentifier);
      const value = parts.next();
      if (identifier === null || value === null) return null;
      const figures = identifierText(identifier);
      const name = attributeName(figures);
      entries.push({ name: name ?? figures, isKnown: name !== null, value, isJoined });
    }
  }
  return entries;
}

/** `/CN=alice/O=Client Org`, each value byte for byte. */
export function nameText(name: DistinguishedName): string {
  return name.map((entry) => `/${entry.name}=${latin1(entry.value.content)}`).join("");
}

/**
 * The value of an attribute by its name, in any case: its first, second, … occurrence, or counted from the end by negative
 * numbers. Undefined: there are not so many.
 */
export function nameEntry(name: DistinguishedName, attribute: string, occurrence: number): string | undefined {
  const wanted = attribute.toLowerCase();
  const found = name.filter((entry) => entry.name.toLowerCase() === wanted);
  if (occurrence === 0) return undefined;
  const entry = found[occurrence < 0 ? found.length + occurrence : occurrence - 1];
  return entry === undefined ? undefined : latin1(entry.value.content);
}

/** The last one first, with commas between (RFC 2253), as OpenSSL writes it. Undefined: a value is no text of the type that it names. */
export function nameTextForLdap(name: DistinguishedName): string | undefined {
  let text = "";
  for (let index = name.length - 1; index >= 0; index--) {
    const entry = name[index]!;
    const value = valueForLdap(entry);
    if (value === undefined) return undefined;
    text += `${entry.name}=${value}`;
    if (index > 0) text += entry.isJoined ? "+" : ",";
  }
  return text;
}

function valueForLdap({ isKnown, value }: NameEntry): string | undefined {
  const width = isKnown ? characterBytes.get(value.tag) : undefined;
  if (width === undefined) return `#${Buffer.from(value.whole).toString("hex").toUpperCase()}`;
  const text = width === 0 ? latin1(value.content) : asUtf8(value.content, width);
  return text === undefined ? undefined : escaped(text);
}

/** Bytes a character by type; 0: it is UTF-8 already. */
const characterBytes: ReadonlyMap<number, number> = new Map([
  [derTags.utf8String, 0],
  [derTags.numericString, 1],
  [derTags.printableString, 1],
  [derTags.teletexString, 1],
  [derTags.ia5String, 1],
  [derTags.utcTime, 1],
  [derTags.generalizedTime, 1],
  [derTags.visibleString, 1],
  [derTags.universalString, 4],
  [derTags.bmpString, 2],
]);

/** Characters of so many bytes each as UTF-8, one character a byte. */
function asUtf8(content: Uint8Array, width: number): string | undefined {
  if (content.length % width !== 0) return undefined;
  let text = "";
  for (let at = 0; at < content.length; at += width) {
    let code = 0;
    for (let index = 0; index < width; index++) code = code * 256 + (content[at + index] ?? 0);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
    text += String.fromCodePoint(code);
  }
  return latin1(Buffer.from(text));
}

function escaped(text: string): string {
  let result = "";
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    const code = text.charCodeAt(index);
    const isFirst = index === 0;
    const isLast = index === text.length - 1;
    if (code < 0x20 || code >= 0x7f) result += `\\${code.toString(16).toUpperCase().padStart(2, "0")}`;
    else if (',+"\\<>;'.includes(character)) result += `\\${character}`;
    else if ((character === " " && (isFirst || isLast)) || (character === "#" && isFirst)) result += `\\${character}`;
    else result += character;
  }
  return result;
}
