/** The contract suite for node:net, as a program of its own: `node.test.ts` bundles it and runs it by Node and by Deno. */
import { nodeAbilities } from "../../src/service/runtime/portable-runtime.ts";
import { nodeTransport } from "../../src/net/node/node-transport.ts";
import { runTests } from "./standalone-test.ts";
import { transportContract } from "./suite.ts";

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
process.exit((await runTests()) === 0 ? 0 : 1);
