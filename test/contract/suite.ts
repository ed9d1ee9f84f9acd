/** The one suite that every transport passes: what a session may rely on, whatever moves its bytes. */
import { descriptorCount } from "./kernel.ts";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Transport } from "../../src/net/transport.ts";
import { connectContract } from "./connect.ts";
import { deadlineContract } from "./deadlines.ts";
import { holdContract } from "./hold.ts";
import { idleContract } from "./idle.ts";
import { listenContract } from "./listen.ts";
import { relayContract } from "./relay.ts";
import { descriptorsBackTo } from "./stage.ts";

/** What a transport cannot do by its nature; everything else is expected of it. */
export interface Capabilities {
  /** Options that need libc, true errors, and probes that no accept() sees. */
  readonly libc: boolean;
  /** An inherited descriptor is looked at and duplicated, which takes libc. */
  readonly inherits: boolean;
  /** Two listeners on one address. */
  readonly sharesPorts: boolean;
  /** Unix sockets without a file, which only Linux has. */
  readonly abstractNames: boolean;
  readonly v6only: boolean;
  /** A connect under way that is given up leaves no socket behind; else it goes when the kernel gives it up. */
  readonly cancels: boolean;
  /** So many sockets the runtime may close later than within the twenty seconds after a test; 0: all are closed. */
  readonly lateSockets: number;
  /**
   * A socket whose peer has sent FIN waits for that peer to take its bytes. Deno 2.9.6 closes it instead, as if all had been
   * taken: what a client that finishes early is slow to read may be lost there.
   */
  readonly halvesFull: boolean;
  /** A reset behind an end is seen; node:net looks no more after an end until it writes. */
  readonly seesLateResets: boolean;
  /** What the system says when a bind fails comes through. */
  readonly bindErrors: boolean;
}

/** Declares the whole suite for one transport. */
export function transportContract(transport: Transport, capabilities: Capabilities): void {
  describe(`transport ${transport.name}`, () => {
    let before = 0;
    beforeEach(() => {
      before = capabilities.lateSockets === 0 || before === 0 ? descriptorCount() : before;
    });
    afterEach(() => descriptorsBackTo(before + capabilities.lateSockets));

    test("has a name", () => expect(transport.name).toMatch(/^[a-z]+$/));
    describe("relay", () => relayContract(transport, capabilities));
    describe("idle time-outs", () => idleContract(transport));
    describe("limits", () => deadlineContract(transport, capabilities));
    describe("a connection that is held", () => holdContract(transport));
    describe("connect", () => connectContract(transport, capabilities));
    describe("listen", () => listenContract(transport, capabilities));
  });
}
