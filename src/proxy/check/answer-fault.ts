/** What was wrong with a server's answer, as `observe layer7` takes note of it, in HAProxy's words. */

export type AnswerFault = "status" | "headers" | "read-error" | "read-timeout" | "close";

const words: Readonly<Record<AnswerFault, string>> = {
  status: "Wrong http response",
  headers: "Invalid http response (headers)",
  "read-error": "Read error (http)",
  "read-timeout": "Read timeout (http)",
  close: "Close from server (http)",
};

/** Null: there was no answer, for nobody could connect. */
export function faultWords(fault: AnswerFault | null): string {
  return fault === null ? "L4 unsuccessful connection" : words[fault];
}
