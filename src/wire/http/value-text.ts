/** Scanning of text within a field's value. */

/** Where the next of `delimiters` stands from `from` on, outside double quotes (a backslash in them hides the next); else the length. */
export function findEnd(text: string, from: number, delimiters: string): number {
  let isQuoted = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) at += character === "\\" ? 1 : 0;
    else if (delimiters.includes(character)) return at;
  }
  return text.length;
}

/** Without spaces and tabs around it. */
export function trimmed(text: string): string {
  let [from, end] = [0, text.length];
  while (from < end && (text[from] === " " || text[from] === "\t")) from += 1;
  while (end > from && (text[end - 1] === " " || text[end - 1] === "\t")) end -= 1;
  return text.slice(from, end);
}
