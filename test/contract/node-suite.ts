/** The contract suite for node:net, as a program of its own: `node.test.ts` bundles it and runs it by Node and by Deno. */
import { nodeAbilities } from "../../src/service/runtime/portable-runtime.ts";
import { nodeTransport } from "../../src/net/node/node-transport.ts";
import { openTls } from "../../src/net/tls/open-tls.ts";
import { describe } from "bun:test";
import { relayContract } from "./relay.ts";
import { runTests } from "./standalone-test.ts";
import { transportContract } from "./suite.ts";
import { tlsTransport } from "./tls-transport.ts";

const abilities = nodeAbilities();
transportContract(nodeTransport(abilities), {
  libc: false,
  inherits: false,
  sharesPorts: abilities.reusePort,
  abstractNames: abilities.abstractNames,
  v6only: abilities.v6only,
  seesLateResets: false,
  cancels: true,
  lateSockets: process.versions["deno"] === undefined ? 0 : 8,
  bindErrors: process.versions["deno"] === undefined,
  halvesFull: process.versions["deno"] === undefined,
});
// Deno's own sockets of TLS, which the far ends would be, tell neither ends nor resets as they are.
if (process.versions["deno"] === undefined) {
  const sides = { client: true, server: false };
  describe("node:tls on the client's side", () => {
    relayContract(tlsTransport(nodeTransport(abilities), openTls(null), sides), { seesLateResets: false });
  });
}
process.exit((await runTests()) === 0 ? 0 : 1);
