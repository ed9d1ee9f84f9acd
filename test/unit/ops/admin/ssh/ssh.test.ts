/** `show ssh report`, as text and as a document that is as its schema says. */
import { describe, expect, test } from "bun:test";
import { answerCommand } from "../../../../../src/ops/admin/commands.ts";
import type { AdminSession } from "../../../../../src/ops/admin/command.ts";
import { nextSlice } from "../../../../../src/ops/answers/slices.ts";
import { parseSince } from "../../../../../src/ops/stats/ssh/ssh-report-since.ts";
import { Inventory } from "../../../../../src/ssh/inventory/inventory.ts";
import { choiceOf, factsOf, modern, offerOf, old, sideOf } from "../../../ssh/inventory/facts.ts";
import { adminSources } from "../../admin-sources.ts";

const at = Date.now() - 3 * 86_400_000;

function filled(): Inventory {
  const clock = { at };
  const inventory = new Inventory(
    () => clock.at,
    () => "OpenSSH",
  );
  const places = { frontend: "git", server: "ssh/one" };
  const server = sideOf("OpenSSH_9.2p1", offerOf(modern));
  const note = (client: string, lists: object, chosen: string): void =>
    inventory.note(factsOf(sideOf(client, offerOf(lists)), server, choiceOf(chosen)), places);
  note("OpenSSH_5.3", old, "diffie-hellman-group14-sha1");
  clock.at = Date.now();
  note("OpenSSH_10.2p1", modern, "curve25519-sha256");
  note("OpenSSH_10.2p1", modern, "sntrup761x25519-sha512@openssh.com");
  return inventory;
}

function stage(ssh: Inventory | null = filled()) {
  const session: AdminSession = {
    level: "user",
    severityOutput: "none",
    interactive: false,
    timeoutMs: 0,
    origin: "unix@/x",
    closing: false,
  };
  const sources = adminSources();
  const from = { ...sources, info: ssh === null ? sources.info : { ...sources.info, ssh } };
  return {
    rows: (text: string) => answerCommand(text, from, session),
    ask: (text: string) => [...answerCommand(text, from, session)].join(""),
  };
}

/** As much of JSON Schema as ours is written in. */
interface Schema {
  readonly type?: string;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly format?: string;
  readonly items?: Schema;
  readonly properties?: object;
  readonly required?: readonly string[];
}

/** What of the schema a document breaks, by path. */
function broken(schema: Schema, value: unknown, path = "$"): string[] {
  if (schema.oneOf !== undefined) return schema.oneOf.some((one) => broken(one, value).length === 0) ? [] : [path];
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [path];
  const type = typeOf(value);
  if (schema.type !== type) return [`${path} is ${type}`];
  if (typeof value === "number" && value < (schema.minimum ?? value)) return [path];
  if (typeof value === "string" && schema.format === "date-time" && new Date(value).toISOString() !== value)
    return [path];
  if (Array.isArray(value)) return value.flatMap((one, at) => broken(schema.items ?? {}, one, `${path}[${at}]`));
  if (typeof value !== "object" || value === null) return [];
  const has = new Map(Object.entries(value));
  const known = new Map<string, Schema>(Object.entries(schema.properties ?? {}));
  const missing = (schema.required ?? []).filter((name) => !has.has(name)).map((name) => `${path}.${name} is missing`);
  const wrong = [...has].flatMap(([name, one]) => {
    const own = known.get(name);
    return own === undefined ? [`${path}.${name} is unknown`] : broken(own, one, `${path}.${name}`);
  });
  return [...missing, ...wrong];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

describe("show ssh report", () => {
  test("is text for an administrator", () => {
    const text = stage().ask("show ssh report");
    const lines = text.split("\n");
    expect(lines[0]).toMatch(/^SSH at \d{4}-\d\d-\d\d \d\d:\d\d UTC: 3 sessions, first seen \d{4}-\d\d-\d\d$/);
    const day = "\\d{4}-\\d\\d-\\d\\d";
    for (const wanted of [
      "^Clients of git, 3 sessions$",
      `^  OpenSSH 10\\.2p1 +2 +sntrup +1 of 2 +none +none +${day}  ${day} \\d\\d:\\d\\d$`,
      `^  OpenSSH 5\\.3 +1 +classical +none +none +none +${day}  ${day} \\d\\d:\\d\\d$`,
      "^  key exchange: chosen (?=.*sntrup761x25519-sha512@openssh.com 1).*curve25519-sha256 1",
      "^Server ssh/one, 3 sessions$",
      "^  without ssh-rsa: clients: 1$",
      `^    git: OpenSSH 5\\.3, 1 session, last seen ${day} \\d\\d:\\d\\d$`,
      "^  without CBC: clients: 1$",
      "^  servers that offer no ML-KEM: 1$",
      "^  clients that warn their users \\(OpenSSH 10\\.1 and later\\): 1$",
      "^    git: OpenSSH 10\\.2p1, 1 session, ",
      "^  clients that offer none: 1$",
    ])
      expect(text).toMatch(new RegExp(wanted, "m"));
  });

  test("is a document that is as its schema says", () => {
    const { ask } = stage();
    const schema = JSON.parse(ask("show ssh report schema"));
    const document = JSON.parse(ask("show ssh report json"));
    expect(broken(schema, document)).toEqual([]);
    expect(document.findings.lockedOutWithout.sshRsa.clients).toHaveLength(1);
    expect(document.frontends[0].software[0]).toMatchObject({ software: "OpenSSH", version: "10.2p1", sessions: 2 });
    expect(broken(schema, { ...document, sessions: "3", more: 1 })).toEqual([
      "$.sessions is string",
      "$.more is unknown",
    ]);
  });

  test("may begin later", () => {
    const { ask } = stage();
    expect(ask("show ssh report since 1d")).toMatch(/^SSH at .*: 2 sessions, first seen .*, counted from /);
    expect(JSON.parse(ask("show ssh report json since 2d"))).toMatchObject({ sessions: 2 });
    expect(JSON.parse(ask("show ssh report json since 2001-01-01"))).toMatchObject({ sessions: 3 });
  });

  test("says what it expects", () => {
    const { ask } = stage();
    expect(ask("show ssh report since yesterday")).toMatch(/^'since' expects a number with m, h, d or w/);
    for (const wrong of ["xml", "since 1d json", "json json"])
      expect(ask(`show ssh report ${wrong}`)).toMatch(/^Expects 'schema', or /);
    expect(stage(null).ask("show ssh report")).toBe("SSH is not looked at here.\n");
  });

  test("is made in slices, however much there is", () => {
    const inventory = new Inventory(Date.now, () => null);
    for (let place = 0; place < 2000; place++)
      inventory.note(factsOf(sideOf("x_1", offerOf(modern)), sideOf("y_1", null), null), {
        frontend: `fe${place}`,
        server: null,
      });
    const rows = stage(inventory).rows("show ssh report json")[Symbol.iterator]();
    let slices = 1;
    while (!nextSlice(rows).isLast) slices += 1;
    expect(slices).toBeGreaterThan(20);
  });
});

test("a time is a span or a day", () => {
  const now = Date.UTC(2026, 10, 29);
  const rows = ["90m", "36h", "7d", "2w", "2026-11-01", "0d"].map((text) =>
    new Date(parseSince(text, now) ?? 0).toISOString(),
  );
  expect(rows).toEqual([
    "2026-11-28T22:30:00.000Z",
    "2026-11-27T12:00:00.000Z",
    "2026-11-22T00:00:00.000Z",
    "2026-11-15T00:00:00.000Z",
    "2026-11-01T00:00:00.000Z",
    "2026-11-29T00:00:00.000Z",
  ]);
  expect(
    ["", "7", "d", "-1d", "7 d", "2026-02-30", "2026-13-01", "1e3d", "9999999d"].map((text) => parseSince(text, now)),
  ).toEqual(Array(9).fill(null));
});
