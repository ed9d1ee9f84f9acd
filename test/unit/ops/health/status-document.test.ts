/** What the document says of certificates, and `fairlead status` of those that expire soon. */
import { expect, test } from "bun:test";
import { type Status, statusRows, statusText } from "../../../../src/ops/health/status-document.ts";
import { hostKeys } from "../stats/hostkeys/host-keys.ts";
import { scriptedProxy } from "../scripted-proxy.ts";
import { stageTls } from "../tls-stage.ts";

const times = [
  { name: "a.pem", notAfter: Date.UTC(2026, 0, 2), daysLeft: -3 },
  null,
  { name: "b\n.pem", notAfter: Date.UTC(2026, 0, 9), daysLeft: 13 },
  { name: "c.pem", notAfter: Date.UTC(2026, 0, 10), daysLeft: 14 },
];

function document(): Status {
  const { tls } = stageTls();
  const { proxy } = scriptedProxy({ tls: Object.assign(tls, { times: () => times }) });
  return JSON.parse([...statusRows(proxy, { version: "v", node: "n", readsSsh: false }, false)].join("")) as Status;
}

test("certificates in use stand in the document, each with its last day", () => {
  const { certificates = [] } = document();
  expect(certificates.map(({ daysLeft, notAfter }) => [daysLeft, notAfter])).toEqual([
    [-3, "2026-01-02T00:00:00.000Z"],
    [13, "2026-01-09T00:00:00.000Z"],
    [14, "2026-01-10T00:00:00.000Z"],
  ]);
});

function lines(status: Status): string[] {
  return statusText(status)
    .split("\n")
    .filter((line) => line.startsWith("certificate"));
}

test("the text has those that expire within two weeks, and none of a process that knows of none", () => {
  const { certificates, ...before } = document();
  expect(lines({ ...before, certificates: certificates ?? [] })).toEqual([
    "certificate a.pem has expired, on 2026-01-02",
    "certificate b#0A.pem expires in 13 days, on 2026-01-09",
  ]);
  expect(lines(before)).toEqual([]);
});

test("host keys that are looked at stand in the document, and where they differ in the text", () => {
  const { proxy } = scriptedProxy();
  const about = { version: "v", node: "n", readsSsh: false, hostKeys };
  const status = JSON.parse([...statusRows(proxy, about, false)].join("")) as Status;
  expect(status.sshHostKeys?.map(({ backend, differ }) => [backend, differ])).toEqual([
    ["git", true],
    ["quiet", false],
  ]);
  expect(statusText(status)).toEndWith("backend git: ED25519 host keys differ: SHA256:a (one), none (two)\n");
  expect(document().sshHostKeys).toBeUndefined();
});
