/** Where log lines leave the process: every kind of `log` target. */
import type { LogTarget, RingPlan } from "../../plan/log.ts";
import { openLineWriter, type LineWriter } from "./line-writer.ts";
import { openRing, type RingOutput } from "./ring-output.ts";
import { type OpenDirect, openUdpOutput, type UdpOutput } from "./udp-output.ts";

/** UDP receivers that sockets are kept for: reloads may bring ever new ones. */
const mostReceivers = 256;

/** Each is opened by its first line. Nothing here throws or blocks. */
export class Outputs {
  readonly #sendUnix: ((path: string, bytes: Uint8Array) => boolean) | null;
  readonly #fail: (name: string, reason: string) => void;
  readonly #openUdp: OpenDirect | null;
  readonly #writers = new Map<number, LineWriter>();
  readonly #receivers = new Map<string, UdpOutput>();
  /** The one used last. */
  #latest: { readonly to: object; readonly output: UdpOutput } | null = null;
  readonly #rings = new Map<string, RingOutput>();
  readonly #ringsByPlan = new WeakMap<RingPlan, RingOutput>();
  #dropped = 0;

  /** `sendUnix`: see SyslogOptions. `fail` hears of every failure. */
  constructor(
    sendUnix: ((path: string, bytes: Uint8Array) => boolean) | null,
    fail: (name: string, reason: string) => void,
    openUdp: OpenDirect | null = null,
  ) {
    this.#openUdp = openUdp;
    this.#sendUnix = sendUnix;
    this.#fail = fail;
  }

  /** The line's bytes are the caller's again at once. */
  send({ destination: to }: LogTarget, line: Uint8Array): void {
    if (this.#latest?.to === to) return this.#latest.output.send(line);
    if (to.kind === "ring") this.#ring(to.ring).write(new Uint8Array(line));
    else if (to.kind === "udp") {
      const output = this.#receiver(to.host, to.port);
      this.#latest = { to, output };
      output.send(line);
    } else if (to.kind === "unix") this.#toUnix(to.path, line);
    else this.#writer(to.fd).write(new Uint8Array(line));
  }

  /** Lines given up because a target was too slow or gone. */
  get dropped(): number {
    return this.#all().reduce((sum, one) => sum + one.dropped, this.#dropped);
  }

  /** Waits until what was sent has left, at most `limitMs`. */
  async flush(limitMs: number): Promise<void> {
    const all = Promise.all(this.#all().map((one) => one.flushed()));
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([all, new Promise((resolve) => (timer = setTimeout(resolve, limitMs)))]);
    clearTimeout(timer);
  }

  close(): void {
    for (const one of [...this.#receivers.values(), ...this.#rings.values()]) one.close();
    this.#receivers.clear();
    this.#latest = null;
    this.#rings.clear();
  }

  #all(): (LineWriter | UdpOutput | RingOutput)[] {
    return [...this.#receivers.values(), ...this.#writers.values(), ...this.#rings.values()];
  }

  #toUnix(path: string, line: Uint8Array): void {
    if (this.#sendUnix === null) this.#lost(path, "unix datagrams are out of reach here; log to stdout or over UDP");
    else if (!this.#sendUnix(path, line)) this.#lost(path, "the socket does not take it");
  }

  #lost(name: string, reason: string): void {
    this.#dropped++;
    this.#fail(name, reason);
  }

  #writer(fd: number): LineWriter {
    const known = this.#writers.get(fd);
    if (known !== undefined) return known;
    const writer = openLineWriter(fd, (reason) => this.#fail(`fd@${fd}`, reason));
    this.#writers.set(fd, writer);
    return writer;
  }

  /** One for each receiver; one that was not written to for longest makes room. */
  #receiver(host: string, port: number): UdpOutput {
    const name = `${host}:${port}`;
    const known = this.#receivers.get(name);
    const output = known ?? openUdpOutput(host, port, (reason) => this.#fail(name, reason), this.#openUdp);
    if (known === undefined && this.#receivers.size >= mostReceivers) this.#forgetReceiver();
    // The last one in the order of a Map is the one used last.
    if (known !== undefined) this.#receivers.delete(name);
    this.#receivers.set(name, output);
    return output;
  }

  #forgetReceiver(): void {
    for (const [name, output] of this.#receivers) {
      this.#dropped += output.dropped;
      void output.flushed().then(() => output.close());
      this.#receivers.delete(name);
      return;
    }
  }

  /** One for all targets of a ring; another once a reload says something else of it. */
  #ring(plan: RingPlan): RingOutput {
    const known = this.#ringsByPlan.get(plan);
    if (known !== undefined) return known;
    const key = JSON.stringify(plan);
    const ring = this.#rings.get(key) ?? openRing(plan, this.#fail);
    this.#rings.set(key, ring);
    this.#ringsByPlan.set(plan, ring);
    return ring;
  }
}
