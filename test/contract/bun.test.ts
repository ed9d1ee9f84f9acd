/** The contract suite for Bun's sockets. */
import { setDefaultTimeout } from "bun:test";
import { bunTransport } from "../../src/net/bun/bun-transport.ts";
import { transportContract } from "./suite.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

transportContract(bunTransport, {
  libc: false,
  inherits: true,
  sharesPorts: true,
  abstractNames: true,
  v6only: true,
  seesLateResets: true,
  cancels: false,
  bindErrors: true,
  halvesFull: true,
  lateSockets: 12,
});
