/** Percent-encoding as `url_dec` and `url_enc` do it. */

/** Undefined when a `%` is not followed by two hexadecimal digits. `+` is a space after the first `?`, or everywhere `inForm`. */
export function decodeUrl(text: string, inForm: boolean): string | undefined {
  let result = "";
  let isQuery = inForm;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === "%") {
      const digits = text.slice(at + 1, at + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined;
      result += String.fromCharCode(Number.parseInt(digits, 16));
      at += 2;
    } else {
      if (character === "?") isQuery = true;
      result += character === "+" && isQuery ? " " : character;
    }
  }
  return result;
}

/** Every byte but RFC 3986's unreserved ones as `%XX`. */
export function encodeUrl(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9\-._~]/g, (character) => `%${hex2(character.charCodeAt(0))}`);
}

function hex2(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}
