/** What sshd says to those whom it does not want. */
import { expect, test } from "bun:test";
import { sshRefusal } from "../../../../src/wire/ssh/refusal.ts";
import { bytes } from "./bytes.ts";

test("a server's refusals in clear text", () => {
  const seen = [
    "Invalid SSH identification string.\r\n",
    "SSH-2.0-OpenSSH_9.2p1\r\nInvalid SSH identification string.\r\n",
    "Protocol mismatch.\n",
    "Not allowed at this time\r\n",
    "Exceeded MaxStartups\r\n",
    "SSH-2.0-OpenSSH_9.2p1\r\n",
    "",
  ].map((text) => sshRefusal(bytes(text)));
  expect(seen).toEqual(["not-ssh", "not-ssh", "not-ssh", "penalty", "full", null, null]);
});
