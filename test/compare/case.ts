/** What a comparison is made of: one configuration, scripted servers, one traffic, run under HAProxy and under fairlead. */
import type { Socket } from "node:net";
import type { Client } from "./client.ts";

/**
 * What a scripted server does with each connection.
 *
 * - `name`: says its name and a line feed at once, then reads to the end and ends.
 * - `echo`: sends everything back.
 * - `mute`: reads, never says anything, ends when the client has ended.
 * - `leave`: says its name and ends at once.
 * - `reset`: resets as soon as something has come.
 * - `refuse`: nobody listens there.
 * - `deaf`: the kernel drops whoever wants to connect.
 */
export type Behaviour = "name" | "echo" | "mute" | "leave" | "reset" | "refuse" | "deaf" | ((socket: Socket) => void);

export interface ServerScript {
  readonly does: Behaviour;
  /** Where it listens; `unix` is a socket in the case's folder. Without: 127.0.0.1. */
  readonly on?: string;
}

/** One row of the comparison. */
export interface Case {
  readonly name: string;
  /**
   * Sections in HAProxy's language; `global` and `defaults` with a log to the test and 1 s of `timeout connect`, 5 s of the
   * others stand in front unless the text has a `defaults` of its own, `global` unless it has one.
   *
   * `<word>` is the address of the server of that name, or of a frontend on a port the kernel chose; `<word@::1>` a frontend
   * on another address; `<word:port>` the port alone; `<dir>` the case's folder; `<log>` the log's address; `<a-b>` the
   * difference of two ports with its sign; `<admin>` the stats socket's path.
   */
  readonly configuration: string;
  /** Ports that only the traffic's own helpers listen at. */
  readonly ports?: readonly string[];
  readonly servers?: Readonly<Record<string, Behaviour | ServerScript>>;
  /** Files in the case's folder, by name; they may be executed. */
  readonly files?: Readonly<Record<string, string>>;
  /** What clients do. What is worth comparing goes to `stage.note`. */
  readonly traffic: (stage: Stage) => Promise<void>;
  /** How many log lines there are; without: one for each client. */
  readonly logs?: number;
  /** What has no order between two runs and is sorted before it is compared. */
  readonly unordered?: readonly ("clients" | "servers" | "logs")[];
  /** What is left to chance and not compared. */
  readonly chance?: readonly ("clients" | "servers" | "logs")[];
  /**
   * Timers may differ by so many ms, and by as much as this machine held the test itself up. Without: only whether there is a
   * time at all is compared.
   */
  readonly toleranceMs?: number;
  /** Commands that the traffic needs besides HAProxy. */
  readonly needs?: readonly string[];
  /**
   * A deliberate difference: why it is one, and how a line that HAProxy led to reads here.
   *
   * Every line is given to `here`, so that what is let through is exactly what is written down; null is for one that is not there.
   */
  readonly differs?: { readonly because: string; readonly here: (line: string) => string | null };
}

/** What traffic has at hand. */
export interface Stage {
  /** "haproxy" or "fairlead": only for starting helpers, never for what is compared. */
  readonly side: "haproxy" | "fairlead";
  readonly folder: string;
  /** The port of a server or frontend. */
  port(name: string): number;
  /** Adds a line to what clients saw. */
  note(line: string): void;
  /** Connects to a frontend; waits until the kernel has. */
  connect(front: string, options?: ConnectOptions): Promise<Client>;
  /** Connects, sends, reads to the end (or until `until` has come), notes what came and how it ended. */
  ask(front: string, options?: AskOptions): Promise<string>;
  /** One command to the stats socket. */
  command(line: string): Promise<string>;
  /** Waits until `show stat` says this of a server: `backend/server`, and the beginning of its status. */
  status(server: string, wanted: string): Promise<void>;
  /** Waits for so many log lines. */
  logged(count: number): Promise<void>;
  /** What a server saw so far, a line per connection. */
  record(server: string): readonly string[];
  /** Waits until a server has had so many connections. */
  served(server: string, count: number): Promise<void>;
  /** Waits for a condition. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Runs a command to its end; its output. */
  run(command: readonly string[], input?: string): Promise<string>;
  /** Starts a command that lives as long as the case, unless it is stopped; settles once it has said `ready` on stderr. */
  start(command: readonly string[], ready?: RegExp): Promise<{ stop(): Promise<void> }>;
  /** Datagrams or stream bytes that came to the log's address so far. */
  readonly lines: readonly string[];
  /** Closes a scripted server. */
  stop(server: string): Promise<void>;
  /** Opens it (again). */
  open(server: string): Promise<void>;
}

export interface ConnectOptions {
  /** The source address. */
  readonly from?: string;
  /** Added to the port: for ranges. */
  readonly offset?: number;
  /** Another address than the frontend's. */
  readonly to?: string;
  /** A unix socket in the case's folder instead. */
  readonly unix?: string;
}

export interface AskOptions extends ConnectOptions {
  readonly send?: string | Uint8Array;
  /** Half-close after sending. */
  readonly end?: boolean;
  /** Stop reading and close once this much has come. */
  readonly until?: string;
  /** Said in front of the note. */
  readonly as?: string;
}
