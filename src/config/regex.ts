/** Regular expressions in a configuration: whether they can be compiled here. */

/** What PCRE has and JavaScript writes otherwise, reduced to what matters for validity. */
const equivalents: readonly (readonly [RegExp, string])[] = [
  [/^\(\?[is]+\)/, ""],
  [/\[:\^?[a-z]+:\]/g, "a"],
  [/\\[AzZheaQE]/g, "a"],
  [/\[(\^?)\]/g, "[$1\\]"],
  [/([*+?}])\+/g, "$1"],
];

/** HAProxy's words about an expression that does not compile, with the engine's reason; null for one that does. */
export function regexComplaint(pattern: string, ignoreCase: boolean): string | null {
  const translated = equivalents.reduce((text, [from, to]) => text.replaceAll(new RegExp(from, "g"), to), pattern);
  try {
    RegExp(translated, ignoreCase ? "i" : "");
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = message.slice(message.lastIndexOf(":") + 1).trim();
    return `regex '${pattern}' is invalid (error=${reason})`;
  }
}
