/** Text while a configuration is read: one character a byte, so that nothing is lost; and as people see it. */

/** Text as this program keeps it while reading: UTF-8, one character a byte. */
export function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The reverse of `toBytes`, for names handed to the system or shown. Bytes that are not UTF-8 stay one character each. */
export function fromBytes(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  const decoded = bytes.toString("utf8");
  return decoded.includes("\ufffd") ? text : decoded;
}
