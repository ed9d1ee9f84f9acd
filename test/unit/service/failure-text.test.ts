import { expect, test } from "bun:test";
import type { Failure } from "../../../src/proxy/proxy.ts";
import { failureText } from "../../../src/service/failure-text.ts";

const position = { file: "x.cfg", line: 7 };
const text = (failure: object): string => failureText(failure as Failure, () => null);

test("a process that ends loads nothing more", () => {
  expect(text({ kind: "stopping" })).toBe("Reload abandoned : the process is stopping.");
});

test("what TLS cannot use is told with the line that asks for it", () => {
  const position = { file: "a.cfg", line: 7 };
  expect(text({ kind: "tls", position, text: "bind ':443' of frontend 'fe' : unable to use its ciphers (no)" })).toBe(
    "config : [a.cfg:7] : bind ':443' of frontend 'fe' : unable to use its ciphers (no).",
  );
});

test("limits say what was wanted and what may be had", () => {
  expect(text({ kind: "limits", limits: { descriptors: 100, wanted: 60, maxconn: 40, pipes: 0 } })).toBe(
    "FD limit (100) too low for maxconn=60: it allows 40, and 'strict-limits' is set. Please raise 'ulimit-n'.",
  );
});

test("a name that does not resolve is told with its line", () => {
  expect(text({ kind: "name", backend: "be", server: { position, name: "s1", text: "db.test:22" } })).toBe(
    "config : [x.cfg:7] : 'server be/s1' : could not resolve address 'db.test:22'.",
  );
});

test("an address that cannot be bound is told with its frontend", () => {
  const bind = { address: { kind: "fd", fd: 9 }, position };
  const error = { code: "EBADF", message: "bad" };
  expect(text({ kind: "bind", frontend: "fe", bind, error })).toStartWith(
    "Binding [x.cfg:7] for frontend fe: cannot bind socket (",
  );
  expect(text({ kind: "bind", frontend: "fe", bind, error })).toContain("[fd@9]");
});
