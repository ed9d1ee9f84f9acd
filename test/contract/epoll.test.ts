/** The contract suite for Linux's own sockets. */
import { setDefaultTimeout } from "bun:test";
import { canCallLibc } from "../../src/net/libc/process-calls.ts";
import { openEpollTransport } from "../../src/net/epoll/epoll-transport.ts";
import { transportContract } from "./suite.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

if (process.platform === "linux" && canCallLibc())
  transportContract(await openEpollTransport(), {
    libc: true,
    inherits: true,
    sharesPorts: true,
    abstractNames: true,
    v6only: true,
    seesLateResets: true,
    cancels: true,
    bindErrors: true,
    halvesFull: true,
    lateSockets: 0,
  });
else console.warn("SKIPPED: the epoll transport needs Linux and FFI");
