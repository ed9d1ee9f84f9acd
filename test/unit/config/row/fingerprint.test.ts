/** Fingerprints as ssh prints them, and what is said of words that are none. */
import { expect, test } from "bun:test";
import { readFingerprint } from "../../../../src/config/row/fingerprint.ts";
import { Complaint } from "../../../../src/config/text/complaint.ts";

const word = (text: string) => ({ text, column: 0, length: text.length }) as never;
const good = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";

function read(text?: string): string {
  try {
    return readFingerprint(text === undefined ? undefined : word(text), word("ssh-hostkey"));
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    return error.message;
  }
}

test("is taken as ssh prints it, with or without padding", () => {
  expect([read(good), read(`${good}=`)]).toEqual([good, good]);
});

const wrong: readonly (readonly [string | undefined, RegExp])[] = [
  [undefined, /^'ssh-hostkey' expects a fingerprint like SHA256:.*ssh-keygen -lf FILE/],
  ["", /expects a fingerprint/],
  ["MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", /is an MD5 fingerprint, which can be forged/],
  ["16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", /is an MD5 fingerprint/],
  ["AAAAC3NzaC1lZDI1NTE5AAAAIJ", /is a key and not its fingerprint/],
  ["ssh-ed25519", /is a key and not its fingerprint/],
  [good.replace("SHA", "sha"), /begins otherwise than with 'SHA256:', in capitals/],
  ["SHA1:abc", /is no fingerprint, which begins with 'SHA256:'/],
  [`SHA256:${"ab".repeat(32)}`, /is written in hexadecimal/],
  [`SHA256:${Array(32).fill("ab").join(":")}`, /is written in hexadecimal/],
  [good.replace("+", "-"), /has a character that base64 does not have: '-'/],
  [good.slice(0, -1), /has 42 characters behind 'SHA256:', where a fingerprint has 43/],
  [`${good}A`, /has 44 characters/],
  [`${good}===`, /base64 does not have: '='/],
  [good.replace(/U$/, "V"), /its last character cannot stand there/],
  ["SHA256:", /has 0 characters/],
];

for (const [text, message] of wrong) test(`'${text}' is none`, () => expect(read(text)).toMatch(message));
