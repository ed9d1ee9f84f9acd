/** The contract suite for Bun's sockets. */
import { bunTransport } from "../../src/net/bun.ts";
import { transportContract } from "./suite.ts";

transportContract(bunTransport, {
  libc: false,
  inherits: true,
  sharesPorts: true,
  abstractNames: true,
  v6only: true,
  cancels: false,
  bindErrors: true,
  halvesFull: true,
  lateSockets: 12,
});
