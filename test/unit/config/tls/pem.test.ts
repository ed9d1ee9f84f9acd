/** Blocks of PEM in a text, whatever stands between and within them. */
import { expect, test } from "bun:test";
import { pemBlocks, pemOf } from "../../../../src/config/tls/pem.ts";

const block = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

test("blocks are found in their order, and text beside them is passed over", () => {
  const text = `bag attributes\n${block("CERTIFICATE", "QUJD")}  x\n${block("EC PRIVATE KEY", "REVG\nR0hJ")}`;
  expect(pemBlocks(text)).toEqual([
    { label: "CERTIFICATE", text: block("CERTIFICATE", "QUJD").trimEnd(), der: Buffer.from("ABC") },
    { label: "EC PRIVATE KEY", text: block("EC PRIVATE KEY", "REVG\nR0hJ").trimEnd(), der: Buffer.from("DEFGHI") },
  ]);
});

test("what is no base64 has no bytes, and a block without an end is none", () => {
  expect(pemBlocks(block("A", "Proc-Type: 4,ENCRYPTED\n\nQUJD")).map(({ der }) => der)).toEqual([null]);
  expect(pemBlocks(block("A", "QUJ")).map(({ der }) => der)).toEqual([null]);
  expect(pemBlocks("-----BEGIN A-----\nQUJD\n-----END B-----\n")).toEqual([]);
  expect(pemBlocks("-----BEGIN A\n-----\n")).toEqual([]);
  expect(pemBlocks("x -----BEGIN A-----\nQUJD\n-----END A-----\n")).toEqual([]);
});

test("lines may end as on Windows", () => {
  expect(pemBlocks(block("A", "QUJD").replaceAll("\n", "\r\n")).map(({ der }) => String(der))).toEqual(["ABC"]);
});

test("bytes become a block in lines of 64 characters", () => {
  const text = pemOf("DATA", Buffer.alloc(60, "x"));
  expect(text.split("\n").map((line) => line.length)).toEqual([20, 64, 16, 18, 0]);
  expect(pemBlocks(text)[0]?.der).toEqual(Buffer.alloc(60, "x"));
});

test("a text of beginnings is read in one pass", () => {
  const at = performance.now();
  pemBlocks("-----BEGIN A-----\n".repeat(100_000));
  pemBlocks(" -----BEGIN ".repeat(200_000));
  expect(performance.now() - at).toBeLessThan(2000);
});
