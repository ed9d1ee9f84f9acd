/** Texts that strangers chose, made fit to be kept and shown. */

/** The longest that is kept of a name: RFC 4251 gives those of algorithms no more. */
export const keptCharacters = 64;

/** Printable ASCII, and no more than is kept of it. Anything else becomes `?`. */
export function keptText(text: string): string {
  const short = text.length > keptCharacters ? `${text.slice(0, keptCharacters - 1)}+` : text;
  return strange.test(short) ? short.replaceAll(/[^ -~]/g, "?") : short;
}

const strange = /[^ -~]/;
