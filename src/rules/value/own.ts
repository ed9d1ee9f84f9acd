/** Copies of text and bytes that are kept: engines cut a part out of a text by pointing into the whole, which then stays in memory as long. */
import type { Sample } from "./sample.ts";

const beyondLatin1 = /[^\x00-\xff]/;

/** The same text in memory of its own, however large the one that it was cut out of. */
export function ownText(text: string): string {
  const encoding = beyondLatin1.test(text) ? "utf16le" : "latin1";
  return text === "" ? "" : Buffer.from(text, encoding).toString(encoding);
}

/** A sample that holds nothing but itself. */
export function ownSample(sample: Sample): Sample {
  switch (sample.type) {
    case "str":
    case "ipv4":
    case "ipv6":
      return { type: sample.type, value: ownText(sample.value) };
    case "bin":
      return { type: "bin", value: sample.value.slice() };
    default:
      return sample;
  }
}
