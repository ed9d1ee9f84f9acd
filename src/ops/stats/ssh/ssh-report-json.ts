/** `show ssh report json`: who speaks what over SSH, as a document that programs read; and its schema. */
import type {
  SshAlgorithmReport,
  SshFinding,
  SshFindings,
  SshLockedOut,
  SshPlaceReport,
  SshReport,
  SshSoftwareReport,
} from "../../../ssh/public.ts";
import { JsonArray, JsonObject, jsonRows } from "../../answers/json-rows.ts";
import type { Rows } from "../../answers/slices.ts";

/** Goes up when a field gets another meaning or goes; new ones may come at any time. */
const documentVersion = 1;

/** The document, in steps. */
export function* sshReportJson(report: SshReport): Rows {
  const { at, sinceAt, firstAt, sessions, frontends, servers, findings } = report;
  yield* jsonRows(
    new JsonObject([
      ["document", "fairlead ssh-report"],
      ["version", documentVersion],
      ["at", instant(at)],
      ["since", sinceAt === null ? null : instant(sinceAt)],
      ["knownSince", firstAt === null ? null : instant(firstAt)],
      ["sessions", sessions],
      ["frontends", new JsonArray(frontends.map(placePart))],
      ["servers", new JsonArray(servers.map(placePart))],
      ["findings", new JsonObject(findingFields(findings))],
    ]),
  );
  yield "\n";
}

function instant(at: number): string {
  return new Date(at).toISOString();
}

function placePart({ name, sessions, software, algorithms }: SshPlaceReport): JsonObject {
  return new JsonObject([
    ["name", name],
    ["sessions", sessions],
    ["software", new JsonArray(software.map(softwarePart))],
    ["algorithms", new JsonArray(algorithms.map(algorithmPart))],
  ]);
}

function softwarePart(one: SshSoftwareReport): object {
  const { software, version, sessions, firstAt, lastAt, offered, chosen } = one;
  const { postQuantum, classical, strict: strictKex, terrapin } = chosen;
  const seen = { firstSeen: instant(firstAt), lastSeen: instant(lastAt) };
  return { software, version, sessions, ...seen, offered, chosen: { postQuantum, classical, strictKex, terrapin } };
}

function algorithmPart({ kind, name, offered, chosen, firstAt, lastAt }: SshAlgorithmReport): object {
  return { kind, name, offered, chosen, firstSeen: instant(firstAt), lastSeen: instant(lastAt) };
}

function* findingFields(findings: SshFindings): Iterable<readonly [string, unknown]> {
  const { sshRsa, sha1, cbc } = findings.without;
  yield [
    "lockedOutWithout",
    new JsonObject([
      ["sshRsa", lockedOut(sshRsa)],
      ["sha1", lockedOut(sha1)],
      ["cbc", lockedOut(cbc)],
    ]),
  ];
  yield ["serversWithoutMlkem", findingList(findings.serversWithoutMlkem)];
  yield ["serversWithoutPostQuantum", findingList(findings.serversWithoutPostQuantum)];
  yield ["warnedClients", findingList(findings.warnedClients)];
  yield ["clientsWithoutPostQuantum", findingList(findings.clientsWithoutPostQuantum)];
}

function lockedOut({ clients, servers }: SshLockedOut): JsonObject {
  return new JsonObject([
    ["clients", findingList(clients)],
    ["servers", findingList(servers)],
  ]);
}

function findingList(findings: readonly SshFinding[]): JsonArray {
  return new JsonArray(
    findings.map(({ place, software, version, sessions, lastAt }) => ({
      place,
      software,
      version,
      sessions,
      lastSeen: instant(lastAt),
    })),
  );
}

/** An object that has all of these, and maybe more. */
function object(description: string, properties: object): object {
  return { type: "object", description, properties, required: Object.keys(properties) };
}

function array(items: object): object {
  return { type: "array", items };
}

const count = { type: "integer", minimum: 0 };
const text = { type: "string" };
const day = { type: "string", format: "date-time" };

const software = object("One kind of software; `other`: what is too rare to have a place of its own.", {
  software: text,
  version: text,
  sessions: count,
  firstSeen: day,
  lastSeen: day,
  offered: object("Sessions by the best that it offered for the key exchange; `unknown`: it offered nothing yet.", {
    mlkem: count,
    otherPostQuantum: count,
    classical: count,
    unknown: count,
  }),
  chosen: object("Sessions in which both sides offered, by what they chose.", {
    postQuantum: count,
    classical: count,
    strictKex: count,
    terrapin: count,
  }),
});

const algorithm = object("Sessions in which it was offered by who speaks here, and chosen by both sides.", {
  kind: { enum: ["kex", "hostkey", "cipher", "mac", "compression"] },
  name: text,
  offered: count,
  chosen: count,
  firstSeen: day,
  lastSeen: day,
});

const place = object("A frontend and its clients, or a server by `backend/server`.", {
  name: text,
  sessions: count,
  software: array(software),
  algorithms: array(algorithm),
});

const finding = object("One kind of software at one place.", {
  place: text,
  software: text,
  version: text,
  sessions: count,
  lastSeen: day,
});

const lockedOutSchema = object("Who offers nothing else.", { clients: array(finding), servers: array(finding) });

/** What the document is, as JSON Schema (draft 4). */
export const sshReportSchema = `${JSON.stringify(
  {
    $schema: "http://json-schema.org/draft-04/schema#",
    title: "fairlead ssh-report",
    ...object("Who speaks what over SSH. Days are those of UTC, and the first one is counted as a whole.", {
      document: { enum: ["fairlead ssh-report"] },
      version: { enum: [documentVersion] },
      at: day,
      since: { oneOf: [day, { type: "null" }] },
      knownSince: { oneOf: [day, { type: "null" }] },
      sessions: count,
      frontends: array(place),
      servers: array(place),
      findings: object("What an administrator wants to know.", {
        lockedOutWithout: object("Were these not accepted any more.", {
          sshRsa: lockedOutSchema,
          sha1: lockedOutSchema,
          cbc: lockedOutSchema,
        }),
        serversWithoutMlkem: array(finding),
        serversWithoutPostQuantum: array(finding),
        warnedClients: array(finding),
        clientsWithoutPostQuantum: array(finding),
      }),
    }),
  },
  null,
  2,
)}\n`;
