/** Asks a server who it is: its identification, what it offers, and each of its host keys with the proof that it has it. */
import { randomBytes } from "node:crypto";
import { clockMs } from "../../clock.ts";
import type { SshIdentification, SshOffer } from "../../ssh-facts.ts";
import { type Connection, type ConnectOptions, type Transport, TransportError } from "../../net/transport.ts";
import { latin1 } from "../../wire/latin1.ts";
import { formatSshIdentification } from "../../wire/ssh/identification.ts";
import { formatClientKexInit } from "../../wire/ssh/kex/client-offer.ts";
import { parseHostKey } from "../../wire/ssh/kex/host-key.ts";
import { algorithmsToAsk, type HostKeyAlgorithm, verifyHostKey } from "../../wire/ssh/kex/host-key-algorithms.ts";
import { exchangeHash, type KexReply } from "../../wire/ssh/kex/key-exchange.ts";
import { kexMethods, openKeyExchange } from "../../wire/ssh/kex/methods.ts";
import { kexInitListsAt, readKexInit } from "../../wire/ssh/kexinit.ts";
import { isPseudoKex } from "../../wire/ssh/negotiation.ts";
import { Conversation, ProbeFailure, printable } from "./conversation.ts";
import {
  currentChoice,
  firstListed,
  hasStrictKex,
  isOpenToTerrapin,
  offerFor,
  postQuantumMethods,
} from "./judgement.ts";
import type { ProbedKey, SshProbed } from "./probed.ts";

/** What is asked, by whom, and how. */
export interface ProbeOptions {
  readonly transport: Pick<Transport, "connect">;
  /** Its time-out holds as far as there is time at all; 0: none of its own. */
  readonly connect: ConnectOptions;
  /** Our software, as identification lines have it: `fairlead_0.1.0`. */
  readonly software: string;
  /** What is sent first on each connection, for a server that expects a PROXY header. */
  readonly header: ((connection: Connection) => Uint8Array) | null;
  /** For all of it, connections for other keys included, but for a second in which a server may close; where there are turns, for each connection. */
  readonly timeoutMs: number;
  /** Asked before each connection: settles when its turn has come, and gives what is called once it is over. Left out: none has to wait. */
  readonly turn?: () => Promise<() => void>;
}

/** What a server has said on one connection before the exchange. */
interface Greeting {
  readonly conversation: Conversation;
  readonly identification: SshIdentification;
  readonly offer: SshOffer;
  readonly kexInit: Uint8Array;
}

type Mutable = { -readonly [Name in keyof SshProbed]: SshProbed[Name] };

const nothing: SshProbed = {
  identification: null,
  preamble: [],
  offer: null,
  keyExchange: "",
  choice: null,
  postQuantum: [],
  isStrict: false,
  isTerrapin: false,
  keys: [],
  unknownKeys: [],
  times: { connectMs: -1, identificationMs: -1, kexInitMs: -1, totalMs: 0 },
  failure: null,
};

/**
 * One probe of one address.
 *
 * As gentle as it can be: one connection after the other, one for each key that the server lists, nothing asked for that it does not
 * list, and each ended by a DISCONNECT, so that sshd logs nothing as an error. sshd from 9.8 on counts each as a client that has not
 * logged in (PerSourcePenalties, one second).
 */
export class SshProbe {
  readonly #startedAt = clockMs();
  #deadlineAt: number;
  readonly #probed: Mutable = { ...nothing };
  /** The turn of the connection under way is over. */
  #endTurn: () => void = () => {};
  /** Gives up what is under way. */
  #giveUp: (() => void) | null = null;
  #isCancelled = false;

  constructor(readonly options: ProbeOptions) {
    this.#deadlineAt = this.#startedAt + options.timeoutMs;
  }

  /** Call once. Never rejects: what went wrong is told. */
  async run(): Promise<SshProbed> {
    try {
      await this.#askAll();
    } catch (error) {
      this.#probed.failure = this.#failureText(error);
    }
    this.#leaveTurn();
    this.#probed.times = { ...this.#probed.times, totalMs: clockMs() - this.#startedAt };
    return this.#probed;
  }

  /** Ends it with what it has found; its connection is reset. */
  cancel(): void {
    this.#isCancelled = true;
    this.#giveUp?.();
  }

  async #askAll(): Promise<void> {
    const greeting = await this.#greet(true);
    const { conversation, offer } = greeting;
    const keyExchange = firstListed(await kexMethods(), offer.keyExchange);
    const { known, unknown } = algorithmsToAsk(offer.hostKey);
    this.#probed.unknownKeys = unknown;
    this.#probed.keyExchange = keyExchange;
    const [first, ...others] = known;
    if (keyExchange === "" || first === undefined) {
      await conversation.end();
      throw new ProbeFailure(keyExchange === "" ? noMethod(offer) : "the server lists no host keys that we know");
    }
    const keys = [await this.#ask(greeting, keyExchange, first)];
    this.#probed.keys = keys;
    for (const one of others) {
      keys.push(await this.#askAgain(one));
      if (this.#isCancelled) break;
    }
  }

  /** On a connection of its own: behind one address several servers may stand, so its lists are looked at anew. */
  async #askAgain(algorithm: HostKeyAlgorithm): Promise<ProbedKey> {
    try {
      const greeting = await this.#greet(false);
      const keyExchange = firstListed(await kexMethods(), greeting.offer.keyExchange);
      if (keyExchange !== "" && greeting.offer.hostKey.includes(algorithm.name))
        return await this.#ask(greeting, keyExchange, algorithm);
      await greeting.conversation.end();
      throw new ProbeFailure("another server has answered, which does not list it");
    } catch (error) {
      return { algorithm: algorithm.name, key: null, signature: "unknown", failure: this.#failureText(error), ms: -1 };
    }
  }

  /** Waits until the next connection may be there; the one before is over. */
  async #takeTurn(): Promise<void> {
    this.#leaveTurn();
    const { turn, timeoutMs } = this.options;
    if (turn === undefined) return;
    this.#endTurn = await turn();
    this.#deadlineAt = clockMs() + timeoutMs;
  }

  #leaveTurn(): void {
    this.#endTurn();
    this.#endTurn = () => {};
  }

  /** Connects and reads what the server says by itself; of the first connection all is kept. */
  async #greet(isFirst: boolean): Promise<Greeting> {
    await this.#takeTurn();
    const at = clockMs();
    const conversation = new Conversation(await this.#connect(), this.#deadlineAt);
    this.#giveUp = () => conversation.abort();
    try {
      const connectedAt = clockMs();
      if (isFirst) this.#probed.times = { ...this.#probed.times, connectMs: connectedAt - at };
      const { header, software } = this.options;
      if (header !== null) conversation.send(header(conversation.connection));
      // sshd keeps its KEXINIT until then.
      conversation.send(formatSshIdentification(software));
      const { line, preamble } = await conversation.identification();
      const identifiedAt = clockMs();
      if (isFirst) {
        Object.assign(this.#probed, { identification: line, preamble });
        this.#probed.times = { ...this.#probed.times, identificationMs: identifiedAt - connectedAt };
      }
      const kexInit = await conversation.payload();
      const offer = kexInit[0] === 20 ? readKexInit("server", kexInit, kexInitListsAt, kexInit.length) : null;
      if (offer === null) throw new ProbeFailure("the server's first message is no KEXINIT");
      if (isFirst) this.#keepOffer(offer, clockMs() - identifiedAt);
      return { conversation, identification: line, offer, kexInit };
    } catch (error) {
      await conversation.end();
      throw error;
    }
  }

  #keepOffer(offer: SshOffer, kexInitMs: number): void {
    this.#probed.times = { ...this.#probed.times, kexInitMs };
    Object.assign(this.#probed, {
      offer,
      choice: currentChoice(offer),
      postQuantum: postQuantumMethods(offer),
      isStrict: hasStrictKex(offer),
      isTerrapin: isOpenToTerrapin(offer),
    } satisfies Partial<SshProbed>);
  }

  async #connect(): Promise<Connection> {
    const { transport, connect } = this.options;
    const leftMs = this.#isCancelled ? 0 : this.#deadlineAt - clockMs();
    if (leftMs <= 0) throw new ProbeFailure("time is up");
    const timeoutMs = Math.max(1, Math.ceil(Math.min(leftMs, connect.timeoutMs || leftMs)));
    const connecting = transport.connect({ ...connect, timeoutMs });
    this.#giveUp = () => connecting.cancel();
    return connecting.done;
  }

  /** Completes the exchange as far as the server's reply; ends the connection, whatever comes of it. */
  async #ask(greeting: Greeting, keyExchange: string, algorithm: HostKeyAlgorithm): Promise<ProbedKey> {
    const at = clockMs();
    const { name } = algorithm;
    try {
      const { reply, hash } = await exchange(greeting, keyExchange, name, this.options.software);
      const ms = clockMs() - at;
      const key = parseHostKey(reply.hostKey);
      if (key === null) throw new ProbeFailure("what the server sends as its host key is none");
      return {
        algorithm: name,
        key,
        signature: verifyHostKey(algorithm, key, reply.signature, hash),
        failure: null,
        ms,
      };
    } catch (error) {
      return {
        algorithm: name,
        key: null,
        signature: "unknown",
        failure: this.#failureText(error),
        ms: clockMs() - at,
      };
    } finally {
      await greeting.conversation.end();
    }
  }

  #failureText(error: unknown): string {
    if (this.#isCancelled) return "the probe was given up";
    if (error instanceof ProbeFailure) return error.message;
    if (error instanceof TransportError)
      return error.deadline ? "time is up before there is a connection" : error.message;
    return `the probe itself has failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The server's reply, and the hash that it has signed if all is right. */
async function exchange(
  { conversation, identification, offer, kexInit }: Greeting,
  name: string,
  hostKey: string,
  software: string,
): Promise<{ readonly reply: KexReply; readonly hash: Uint8Array }> {
  const method = openKeyExchange(name);
  if (method === null) throw new ProbeFailure(`no key exchange is called ${printable(name)}`);
  const clientKexInit = formatClientKexInit(offerFor(offer, name, hostKey), randomBytes(16));
  conversation.sendPayload(clientKexInit);
  conversation.sendPayload(await method.begin());
  // A server that has guessed what would be chosen, and wrongly, has sent a message for nothing (RFC 4253, section 7.1).
  const guess = offer.keyExchange.find((one) => !isPseudoKex(one));
  if (offer.firstFollows && (guess !== name || offer.hostKey[0] !== hostKey)) await conversation.payload();
  for (;;) {
    const step = await method.take(await conversation.payload());
    if (step.state === "wrong") throw new ProbeFailure(step.why);
    if (step.state === "send") {
      conversation.sendPayload(step.payload);
      continue;
    }
    const clientLine = latin1(formatSshIdentification(software)).trimEnd();
    const said = { clientLine, serverLine: identification.line, clientKexInit, serverKexInit: kexInit };
    return { reply: step.reply, hash: exchangeHash(method.digest, said, step.reply) };
  }
}

function noMethod(offer: SshOffer): string {
  const names = offer.keyExchange.filter((name) => !isPseudoKex(name)).slice(0, 16);
  return `no key exchange of the server's can be done here, so its keys stay unread; it lists ${printable(names.join(", "))}`;
}
