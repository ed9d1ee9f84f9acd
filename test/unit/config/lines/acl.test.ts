/** ACLs as data: what the parser makes of good lines. */
import { expect, test } from "bun:test";
import { parseAcl } from "../../../../src/config/lines/acl.ts";
import { line, scopeOf, src } from "../reading.ts";

const aclTests = (source: string, files: Record<string, string> = {}): unknown => {
  const scope = scopeOf("frontend", files);
  parseAcl(line(source), scope);
  return scope.acls.get("a");
};

test("lines, files and flags", () => {
  const hosts = { "/f": "10.0.0.0/8\n# no\n\n ::1\n", "/etc/hosts": "127.0.0.9 gate # x\n" };
  expect(aclTests("acl a src -i -f /f 10.1/16 gate", hosts)).toEqual([
    {
      expression: src,
      match: "ip",
      ignoreCase: true,
      patterns: ["10.0.0.0/8", "::1", "10.1.0.0/16", "127.0.0.9"],
      files: ["/f"],
      own: {
        id: -1,
        file: null,
        isAcl: true,
        isMap: false,
        description: "acl 'src' file 'a.cfg' line 3",
        uses: [{ match: "ip", ignoreCase: true, output: null }],
        entries: [
          { key: "10.1/16", value: null, compared: ["10.1.0.0/16"] },
          { key: "gate", value: null, compared: ["127.0.0.9"] },
        ],
      },
    },
  ]);
});

test("an operator counts for all numbers after it", () => {
  expect(aclTests("acl a req.len 1:5 gt 3 lt 9 7 eq 4")).toMatchObject([
    { match: "int", patterns: ["1:5", "gt 3", "lt 9", "lt 7", "4"] },
  ]);
});

test("payload is req.payload, compared as bytes", () => {
  expect(aclTests("acl a payload(0,7) -m bin 5353482d322e30")).toMatchObject([
    { expression: { fetch: "req.payload", arguments: [0, 7] }, match: "bin", patterns: ["5353482d322e30"] },
  ]);
});
