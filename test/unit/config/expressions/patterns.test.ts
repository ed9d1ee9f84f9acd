/** Patterns of files and what is wrong with them. */
import { expect, test } from "bun:test";
import { addedKeyComplaint, addedValueComplaint } from "../../../../src/config/expressions/patterns.ts";
import { readText } from "../../../cases/case.ts";

/** Measured on HAProxy 2.6. */
test.each([
  ["map_int", "a 1", "'a' is not a number"],
  ["map_int", "9:5 4", "'9:5' is not a valid number range"],
  ["map_int", "5:9 4", null],
  ["map_str_int", "5 x", "unable to parse 'x'"],
  ["map_str_ip", "::1 3", "unable to parse '3'"],
  ["map_str_ip", "a 1.2.3.0/24", null],
  ["map_ip", "a 1.2.3.4", "'a' is not a valid IPv4 or IPv6 address"],
  ["map_ip", "10/8 ::1", "'10/8' is not a valid IPv4 or IPv6 address"],
  ["map_ip_int", "a x", "unable to parse 'x'"],
  ["map_beg", "( x", null],
] as const)("a map's file is looked through when it is read: %s of '%s'", (converter, line, wrong) => {
  const config = `defaults\n mode tcp\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nfrontend f\n bind :1\n tcp-request content set-var(txn.a) src,${converter}(x.map)\n default_backend b\nbackend b\n server s 127.0.0.1:9\n`;
  const { plan, diagnostics } = readText(config, { "x.map": `# c\n${line}\n` });
  expect(plan !== null).toBe(wrong === null);
  const text = JSON.stringify(diagnostics.all);
  if (wrong !== null)
    expect(text).toContain(`invalid args in converter '${converter}' : ${wrong} at line 2 of file 'x.map'`);
});

test.each([
  ["ip", "10.1.0.0/16", null],
  ["ip", "10.1/16", "'10.1/16' is not a valid IPv4 or IPv6 address"],
  ["ip", "localhost", "'localhost' is not a valid IPv4 or IPv6 address"],
  ["int", "5:9", null],
  ["int", "9:5", "'9:5' is not a valid number range"],
  ["bin", "0a", null],
  ["bin", "0", "an even number of hex digit is expected"],
  ["reg", "(", "regex '(' is invalid (error=missing closing parenthesis, erroffset=1)"],
  ["str", "anything", null],
])("a key that the admin socket gives: %s %s", (match, key, wrong) => {
  expect(addedKeyComplaint(key, { match, ignoreCase: false })).toBe(wrong);
});

test.each([
  ["int", "-7", null],
  ["int", "7x", "unable to parse '7x'"],
  ["ip", "::1", null],
  ["ip", "10.0.0.0/8", "unable to parse '10.0.0.0/8'"],
  ["str", "7 x", null],
] as const)("a value that it gives: %s %s", (output, value, wrong) => {
  expect(addedValueComplaint(value, { output })).toBe(wrong);
});
