/** Keys of session tickets, and HAProxy's words for files that are none. */
import { expect, test } from "bun:test";
import { client } from "../pem-files.ts";
import { saidOf } from "../reading.ts";

const front = "frontend f\n bind 127.0.0.1:5 ssl crt a tls-ticket-keys k\n";
const key = (letter: string, bytes = 48): string => Buffer.alloc(bytes, letter).toString("base64");

test("a file that HAProxy takes is told to be of no use", () => {
  const k = ["x", "y", "z"].map((letter) => key(letter, 80)).join("\r\n");
  expect(saidOf(front, { a: client, k: `${k}\n` })).toEqual([
    "alert: Proxy 'f': 'tls-ticket-keys' is not supported for bind '127.0.0.1:5' at [case.cfg:6].",
  ]);
});

test.each([
  [`${key("x")}\n${key("y")}\n`, "'k' : please supply at least 3 keys in the tls-tickets-file"],
  ["", "'k' : please supply at least 3 keys in the tls-tickets-file"],
  ["???\n", "'k' : unable to decode base64 key on line 1"],
  [`${key("x")}\n${key("y", 80)}\n`, "'k' : wrong sized key on line 2"],
  [`${key("x")}\n${key("y")}\n${key("z")}\n\n`, "'k' : wrong sized key on line 4"],
])("%j", (k, said) => {
  expect(saidOf(front, { a: client, k })).toEqual([
    `alert: parsing [case.cfg:6] : 'bind 127.0.0.1:5' in section 'frontend' : ${said}`,
  ]);
});

test("a file that is not there", () => {
  expect(saidOf(front, { a: client })[0]).toEndWith("'k' : unable to load ssl tickets keys file");
});
