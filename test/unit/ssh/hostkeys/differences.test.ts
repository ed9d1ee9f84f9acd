/** Servers of one backend beside each other. */
import { expect, test } from "bun:test";
import {
  type ComparedServer,
  differencesMark,
  differencesOf,
  differencesText,
} from "../../../../src/ssh/hostkeys/differences.ts";

const at = Date.UTC(2026, 10, 29);
const ed = (fingerprint: string, firstAt = at) => ({ name: "ssh-ed25519", type: "ED25519", fingerprint, firstAt });
const rsa = (fingerprint: string) => ({ ...ed(fingerprint), name: "ssh-rsa", type: "RSA" });
const server = (name: string, ...keys: ComparedServer["keys"]): ComparedServer => ({ name, keys });

const text = (...servers: ComparedServer[]): string => differencesText(differencesOf(servers));

test("who has the same keys does not differ", () => {
  expect(differencesOf([])).toEqual([]);
  expect(differencesOf([server("a", ed("x"), rsa("r")), server("b", rsa("r"), ed("x", 0))])).toEqual([]);
  const certified = { ...ed("y"), name: "ssh-ed25519 certificate" };
  expect(differencesOf([server("a", certified), server("b", { ...certified, fingerprint: "z" })])).toEqual([]);
});

test("who has others, or lacks one, is named with since when", () => {
  expect(text(server("a", ed("x")), server("b", ed("y")), server("c", ed("x", at - 86_400_000)))).toBe(
    "ED25519 x (a since 2026-11-29, c since 2026-11-28), y (b since 2026-11-29)",
  );
  expect(text(server("a", ed("x"), rsa("r")), server("b", ed("x")))).toBe("RSA r (a since 2026-11-29), none (b)");
});

test("many are not all named", () => {
  const many = Array.from({ length: 30 }, (_, index) => server(`s${index}`, ed(index < 12 ? "x" : `y${index}`)));
  const said = text(...many);
  expect(said).toContain("s7 since 2026-11-29 and 4 more)");
  expect(said).toEndWith("and 11 more");
  expect(said.length).toBeLessThan(800);
});

test("a difference is the same one as long as who and what is", () => {
  const mark = (when: number) => differencesMark(differencesOf([server("a", ed("x", when)), server("b", ed("y"))]));
  expect(mark(1)).toBe(mark(2));
  expect(mark(1)).not.toBe(differencesMark(differencesOf([server("a", ed("x")), server("b", ed("z"))])));
});
