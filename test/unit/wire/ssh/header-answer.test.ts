/** What servers say to a PROXY header: as OpenSSH 9.2, dropbear, tinysshd and Apache MINA do, in any pieces. */
import { expect, test } from "bun:test";
import { sshAnswer } from "../../../../src/wire/ssh/header-answer.ts";

const packet = "\0\0\x02\0\x06\x14cookie";
/** SSH_MSG_DISCONNECT with a reason. */
const disconnect = (reason: number): string => `\0\0\0\x2c\x06\x01\0\0\0${String.fromCharCode(reason)}text`;

test.each([
  ["SSH-2.0-OpenSSH_9.2p1\r\nInvalid SSH identification string.\r\n", "refused"],
  ["Protocol mismatch.\n", "refused"],
  ["Bad protocol version identification 'PROXY'", "refused"],
  ["SSH-2.0-APACHE-SSHD-2.9.2\r\nUnsupported protocol version: PROXY TCP4 10.0.0.1 10.0.0.2 4000 22\n", "refused"],
  ["SSH-2.0-OpenSSH_9.2p1\r\nInva", "open"],
  ["SSH-2.0-OpenSSH_9.2p1\r\nInvariably", "other"],
  ["SSH-2.0-x\r\n", "open"],
  ["SSH-2.0-x\r\n\0\0\x02", "open"],
  ["SSH-2.0-x", "open"],
  ["SS", "open"],
  ["", "open"],
  ["Not allowed at this time\r\n", "other"],
  ["220 mail.example ESMTP\r\n", "other"],
  [`SSH-2.0-x\r\n${packet}`, 11 + 4 + 512],
  ["SSH-2.0-x\r\n\0\0\x02\0\x06\x14", "open"],
  ["SSH-2.0-x\r\n\xff\xff\xff\xff", "other"],
  // A forwarder that tells why it refuses has read its header; who finds fault with the protocol may not have.
  [`SSH-2.0-fairlead\r\n${disconnect(7)}`, "other"],
  [`SSH-2.0-fairlead\r\n${disconnect(11)}`, "other"],
  [`SSH-2.0-x\r\n${disconnect(2)}`, 11 + 4 + 44],
  [`SSH-2.0-x\r\n${disconnect(8)}`, 11 + 4 + 44],
] as const)("%j: %s", (seen, answer) => {
  expect(sshAnswer(seen)).toBe(answer);
});
