/** What an RDP cookie says of its server. */
import { expect, test } from "bun:test";
import { rdpAddress } from "../../../../src/proxy/backend/backend-rules.ts";

test.each([
  ["16777343.5645.0000", { host: "127.0.0.1", port: 3350 }],
  ["33554559.15629.0000", { host: "127.0.0.2", port: 3389 }],
  ["4294967295.65535.", { host: "255.255.255.255", port: 65_535 }],
  ["0.0.0", { host: "0.0.0.0", port: 0 }],
  ["16777343.5645", null],
  ["16777343", null],
  ["4294967296.1.0", null],
  ["1.65536.0", null],
  ["x.1.0", null],
  ["", null],
])("%s", (cookie, address) => expect(rdpAddress(cookie)).toEqual(address));
