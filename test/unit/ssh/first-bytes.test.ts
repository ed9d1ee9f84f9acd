/** Whether a client speaks SSH, by its first bytes. */
import { expect, test } from "bun:test";
import { beginsSsh, decidingBytes } from "../../../src/ssh/first-bytes.ts";

function tell(text: string): boolean | null {
  return beginsSsh(Buffer.from(text));
}

test("SSH is told from anything else as soon as it can be", () => {
  expect(["SSH-", "SSH-2.0-x\r\n", "SSH-1.5-"].map(tell)).toEqual([true, true, true]);
  expect(["", "S", "SSH"].map(tell)).toEqual([null, null, null]);
  expect(["G", "SSh", "ssh-", "\r\nSSH-2.0-x", "SSHD"].map(tell)).toEqual([false, false, false, false, false]);
  expect(beginsSsh(Buffer.from("SSH-").subarray(0, decidingBytes))).toBe(true);
});
