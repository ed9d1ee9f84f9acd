/** The contract suite for Bun's sockets. */
import { bunTransport } from "../../src/net/bun.ts";
import { canCallLibc } from "../../src/net/libc.ts";
import { transportContract } from "./suite.ts";

transportContract(bunTransport, {
  libc: canCallLibc(),
  sharesPorts: true,
  abstractNames: true,
  v6only: true,
  bindErrors: true,
  lateSockets: 0,
});
