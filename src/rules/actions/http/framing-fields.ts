/** The fields that tell where a message ends. */

/** Whether a field's name, in lower case, is one of them: what is written into a message elsewhere must not contradict its body. */
export function isFraming(name: string): boolean {
  return name === "content-length" || name === "transfer-encoding";
}
