/** HASSH: what a side's lists say of its software and of how that is set up, in 32 digits (github.com/salesforce/hassh). */
import { createHash } from "node:crypto";

/** MD5 of the four lists of a side towards the other, as they were sent: pseudo-names stay in. "" where the runtime has no MD5 (FIPS). */
export function hasshOf(text: string): string {
  try {
    return createHash("md5").update(text, "latin1").digest("hex");
  } catch {
    return "";
  }
}
