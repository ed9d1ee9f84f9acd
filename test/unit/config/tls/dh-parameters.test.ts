/** Files of parameters for Diffie and Hellman: what is none is refused. */
import { expect, test } from "bun:test";
import { pemOf } from "../../../../src/config/tls/pem.ts";
import { saidOf } from "../reading.ts";

/** An element of DER with a length in three bytes. */
const element = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 255]), content]);

const prime = element(0x02, Buffer.alloc(129, 7));
const base = Buffer.from([0x02, 1, 2]);
const good = element(0x30, Buffer.concat([prime, base]));

const said = (der: Buffer, label = "DH PARAMETERS"): readonly string[] =>
  saidOf("global\n ssl-dh-param-file d\nfrontend f\n bind :1\n", { d: pemOf(label, der) });

test("parameters are read, and it is told that they are not used", () => {
  const text = "'ssl-dh-param-file' is not used: keys are exchanged with ECDHE only.";
  expect(said(good)).toEqual([`notice: parsing [case.cfg:6] : ${text}`]);
});

test.each([
  ["cut short", good.subarray(0, 60)],
  ["more behind", Buffer.concat([good, base])],
  ["no base", element(0x30, prime)],
  ["a small prime", Buffer.from([0x30, 6, 0x02, 1, 7, 0x02, 1, 2])],
  ["something else", Buffer.from([0x31, 0])],
  ["nothing", Buffer.alloc(0)],
])("%s is none", (_name, der) => {
  expect(said(der)).toContain(
    "alert: parsing [case.cfg:6] : 'ssl-dh-param-file': unable to load DH parameters from file <d>.",
  );
});

test("parameters of another kind are none", () => {
  expect(said(good, "X9.42 DH PARAMETERS")[0]).toStartWith("alert: ");
});
