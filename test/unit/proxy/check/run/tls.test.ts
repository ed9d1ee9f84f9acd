/** Checks over TLS: what they come to, in HAProxy's words, measured on 2.6. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, setDefaultTimeout, test } from "bun:test";
import type { CheckPlan } from "../../../../../src/plan/check.ts";
import type { CheckTlsPlan, ServerTlsPlan } from "../../../../../src/plan/tls.ts";
import { Abort } from "../../../../../src/proxy/check/run/abort.ts";
import type { CheckSecurity } from "../../../../../src/proxy/check/run/dialogue.ts";
import type { CheckOutcome } from "../../../../../src/proxy/check/run/outcome.ts";
import { runCheck } from "../../../../../src/proxy/check/run/run-check.ts";
import type { CheckScheduleOptions } from "../../../../../src/proxy/check/schedule.ts";
import { wantedFor } from "../../../../../src/proxy/tls/server-tls.ts";
import { TlsProcess } from "../../../../../src/proxy/tls/tls-process.ts";
import { checkerOptions, connectStep, expectStep, serverCheck, steps } from "../../check-scene.ts";
import { certificate, serverTls, tlsFiles } from "../../tls/certificates.ts";
import { CertificateStore } from "../../../../../src/proxy/tls/certificates/certificate-store.ts";
import { loadTls, serveTls } from "../../tls-scene.ts";

setDefaultTimeout(20_000);

const one = certificate("one", "one.example");
const process = new TlsProcess(loadTls);
await process.open();
for (const work = CertificateStore.of(tlsFiles(one, certificate("two", "two.example"))); ;) {
  const step = work.next();
  if (step.done !== true) continue;
  process.renew(step.value);
  break;
}

const trusting = { verify: "required", authorities: "one" } as const;
const plain: CheckTlsPlan = { sni: null, alpn: [] };

function security(terms: Partial<ServerTlsPlan>): CheckSecurity {
  const server = {
    name: "s",
    plan: { tls: serverTls(terms) },
    backend: { plan: { name: "b" }, process: { tls: process } },
  };
  return { process, default: plain, wanted: ({ sni, alpn }) => wantedFor(server, sni, alpn) };
}

/** Status and info of one check of what listens at a port. */
async function check(
  port: number,
  plan: CheckPlan,
  tls: CheckTlsPlan | null,
  terms: Partial<ServerTlsPlan> = trusting,
  own: Partial<CheckScheduleOptions> = {},
): Promise<readonly unknown[]> {
  const options = checkerOptions(plan, { server: { ...serverCheck, tls }, secure: security(terms), ...own });
  const address = { kind: "tcp", host: "127.0.0.1", port } as const;
  const { result } = await new Promise<CheckOutcome>((resolve) => {
    runCheck(options, address, new Abort(), { checked: (_, ended) => resolve(ended) });
  });
  return [result.status, result.info];
}

const layer4: CheckPlan = { kind: "tcp", scripted: false, steps: [] };

function script(...list: Parameters<typeof steps>): CheckPlan {
  return { kind: "tcp", scripted: true, steps: steps(...list) };
}

const connectTls = { ...connectStep, tls: plain };

test("of a server in TLS the handshake is checked", async () => {
  await using server = await serveTls({ cert: one.chain, key: one.key });
  expect(await check(server.port, layer4, plain)).toEqual(["L6OK", null]);
  expect(await check(server.port, { ...layer4, scripted: true }, plain)).toEqual(["L6OK", null]);
  expect(await check(server.port, script(connectTls), null)).toEqual(["L6OK", "(tcp-check)"]);
  expect(await check(server.port, layer4, null)).toEqual(["L4OK", null]);
});

function greets(name: string) {
  return expectStep("string", `name=${name};`);
}

test("names are those that a check is told, or a step of it", async () => {
  await using server = await serveTls({ cert: one.chain, key: one.key });
  const named = { sni: "one.example", alpn: [] };
  expect(await check(server.port, script(connectStep, greets("x")), null)).toEqual(["L7TOUT", expect.anything()]);
  const isDefault = { ...connectStep, default: true };
  expect(await check(server.port, script(isDefault, greets("one.example")), named)).toEqual(["L7OK", "(tcp-check)"]);
  const step = { ...connectStep, tls: named };
  expect(await check(server.port, script(step, greets("one.example")), null)).toEqual(["L7OK", "(tcp-check)"]);
  expect(await check(server.port, script(connectTls, greets("false")), null)).toEqual(["L7OK", "(tcp-check)"]);
});

test("handshakes that fail are bad answers of layer 6", async () => {
  await using server = await serveTls({ cert: one.chain, key: one.key });
  const clear = createServer((socket) => socket.end("SSH-2.0-x\r\n"));
  await new Promise<void>((resolve) => clear.listen(0, "127.0.0.1", resolve));
  const { port } = clear.address() as AddressInfo;
  try {
    const failure = "SSL handshake failure";
    expect(await check(port, layer4, plain)).toEqual(["L6RSP", failure]);
    expect(await check(port, { ...layer4, scripted: true }, plain)).toEqual([
      "L6RSP",
      `${failure} at initial connection step of tcp-check`,
    ]);
    expect(await check(port, script(connectTls), null)).toEqual([
      "L6RSP",
      `${failure} at step 1 of tcp-check (connect)`,
    ]);
    expect(await check(server.port, layer4, plain, { ...trusting, authorities: "two" })).toEqual(["L6RSP", failure]);
    expect(await check(server.port, layer4, plain, { ...trusting, verifyHost: "no.example" })).toEqual([
      "L6RSP",
      "Server presented an SSL certificate different from the configured one",
    ]);
  } finally {
    clear.close();
  }
});

test("who says nothing is late in layer 6; who is not there, in layer 4", async () => {
  const mute = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as AddressInfo;
  const own = { timeouts: { connectMs: 150, checkMs: 5000 } };
  expect(await check(port, layer4, plain, trusting, own)).toEqual(["L6TOUT", null]);
  expect(await check(port, script(connectTls), null, trusting, own)).toEqual([
    "L6TOUT",
    " at step 1 of tcp-check (connect)",
  ]);
  await new Promise((resolve) => mute.close(resolve));
  expect(await check(port, layer4, plain, trusting, own)).toEqual(["L4CON", "Connection refused"]);
});

test("one that is given up while hands are shaken leaves nothing", async () => {
  const mute = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const accepted = new Promise<void>((resolve) =>
    mute.once("connection", (socket) => socket.on("data", () => resolve())),
  );
  const abort = new Abort();
  const options = checkerOptions(layer4, { server: { ...serverCheck, tls: plain }, secure: security(trusting) });
  const { port } = mute.address() as AddressInfo;
  const closed = new Promise<void>((resolve) => {
    mute.once("connection", (socket) => socket.on("error", () => {}).on("close", () => resolve()));
  });
  const address = { kind: "tcp", host: "127.0.0.1", port } as const;
  const ended = new Promise<void>((resolve) => runCheck(options, address, abort, { checked: () => resolve() }));
  await accepted;
  abort.abort();
  await Promise.all([ended, closed]);
  mute.close();
});
