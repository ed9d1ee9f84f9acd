/** The contract suite for node:net, as a program of its own: `node.test.ts` bundles it and runs it by Node and by Deno. */
import { nodeTransport } from "../../src/net/node.ts";
import { runTests } from "./standalone-test.ts";
import { transportContract } from "./suite.ts";

const { deno, node } = process.versions as Record<string, string>;
transportContract(nodeTransport, {
  libc: false,
  // Node has `reusePort` from 23.1 on.
  sharesPorts: deno === undefined && Number(node?.split(".")[0]) > 23,
  abstractNames: process.platform === "linux" && deno === undefined,
});
process.exit((await runTests()) === 0 ? 0 : 1);
