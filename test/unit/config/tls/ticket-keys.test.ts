/** Keys of session tickets, and HAProxy's words for files that are none. */
import { expect, test } from "bun:test";
import { client } from "../pem-files.ts";
import { planOf, saidOf } from "../reading.ts";

const front = "frontend f\n bind 127.0.0.1:5 ssl crt a tls-ticket-keys k\n";
const key = (letter: string, bytes = 48): string => Buffer.alloc(bytes, letter).toString("base64");

test("keys are kept in their order", () => {
  const keys = ["x", "y", "z"].map((letter) => key(letter, 80));
  const [bind] = planOf(front, { a: client, k: `${keys.join("\r\n")}\n` }).frontends[0]?.binds ?? [];
  expect(bind?.tls?.ticketKeys).toEqual(keys);
});

test.each([
  [`${key("x")}\n${key("y")}\n`, "'k' : please supply at least 3 keys in the tls-tickets-file"],
  ["", "'k' : please supply at least 3 keys in the tls-tickets-file"],
  ["???\n", "'k' : unable to decode base64 key on line 1"],
  [`${key("x")}\n${key("y", 80)}\n`, "'k' : wrong sized key on line 2"],
  [`${key("x")}\n${key("y")}\n${key("z")}\n\n`, "'k' : wrong sized key on line 4"],
])("%j", (k, said) => {
  expect(saidOf(front, { a: client, k })).toEqual(
    [
      `alert: parsing [case.cfg:6] : 'bind 127.0.0.1:5' in section 'frontend' : ${said}`,
      "alert: Proxy 'f': no SSL certificate specified for bind '127.0.0.1:5' at [case.cfg:6] (use 'crt').",
    ].slice(0, 1),
  );
});

test("a file that is not there", () => {
  expect(saidOf(front, { a: client })[0]).toEndWith("'k' : unable to load ssl tickets keys file");
});
