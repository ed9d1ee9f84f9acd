/** base64, with and without the URL's alphabet, as strictly as HAProxy reads it. */

const standard = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const forUrls = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/;

/** Whether a text is base64; padding must be there. */
export function isBase64(text: string): boolean {
  return standard.test(text);
}

/** The bytes that such a text stands for; undefined for any other. */
export function fromBase64(text: string): Uint8Array | undefined {
  return standard.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
}

/** The same of the URL's alphabet, padded or not. */
export function fromBase64Url(text: string): Uint8Array | undefined {
  return forUrls.test(text) ? new Uint8Array(Buffer.from(text, "base64url")) : undefined;
}
