/** What hellos say of signatures. */
import { expect, test } from "bun:test";
import { parseTlsHello } from "../../../../src/wire/tls/hello.ts";
import { readSignatureOffer, type SignatureOffer } from "../../../../src/wire/tls/offer.ts";

/** In one record; what is no hello is told as one that names nothing. */
function read(message: Uint8Array): SignatureOffer | null {
  const parse = parseTlsHello(Uint8Array.of(0x16, 3, 1, message.length >> 8, message.length & 255, ...message));
  return parse.state === "hello" ? readSignatureOffer(parse.hello) : null;
}

function two(numbers: readonly number[]): number[] {
  return numbers.flatMap((one) => [one >> 8, one & 255]);
}

/** A ClientHello with these suites and, unless null, signature schemes. */
function hello(suites: readonly number[], schemes: readonly number[] | null): Uint8Array {
  const list = schemes === null ? [] : [...two([schemes.length * 2]), ...two(schemes)];
  // Another extension stands before it.
  const extensions = [0, 23, 0, 0, ...(schemes === null ? [] : [...two([13, list.length]), ...list])];
  const random = new Uint8Array(32);
  const offered = [...two([suites.length * 2]), ...two(suites), 1, 0];
  const body = [3, 3, ...random, 4, 1, 2, 3, 4, ...offered, ...two([extensions.length]), ...extensions];
  return Uint8Array.from([1, 0, ...two([body.length]), ...body]);
}

const [tls13, ecdsaSuite, rsaSuite] = [0x1301, 0xc02b, 0xc02f];
const [rsaPkcs1, ecdsaP256, rsaPss, ed25519] = [0x0401, 0x0403, 0x0804, 0x0807];

function offers(suites: number[], schemes: number[] | null): string {
  const offer = read(hello(suites, schemes));
  return `${offer?.takesEcdsa ? "e" : ""}${offer?.takesRsa ? "r" : ""}`;
}

test("what it can check is what it names", () => {
  expect(offers([tls13], [ecdsaP256, rsaPss])).toBe("er");
  expect(offers([tls13], [rsaPss])).toBe("r");
  expect(offers([ecdsaSuite], [ecdsaP256])).toBe("e");
  expect(offers([rsaSuite], [ecdsaP256, rsaPkcs1])).toBe("r");
  expect(offers([rsaSuite, ecdsaSuite], [rsaPkcs1, ecdsaP256])).toBe("er");
  expect(offers([tls13], [ed25519])).toBe("");
  expect(offers([ecdsaSuite], null)).toBe("r");
});

test("a hello that is cut off anywhere, or lies of its lengths, is read without harm", () => {
  const whole = hello([tls13], [ecdsaP256, rsaPss]);
  for (let end = 0; end < whole.length; end++) {
    const cut = whole.slice(0, end);
    // It says of itself that it is whole.
    if (end >= 4) cut.set([(end - 4) >> 8, (end - 4) & 255], 2);
    expect(read(cut)?.takesEcdsa ?? false).toBeFalse();
  }
  for (let at = 0; at < whole.length; at++) {
    const bent = Uint8Array.from(whole);
    bent[at] = 255;
    read(bent);
  }
});
