/** `ssh-hostkeys`: which host keys the servers have, whether they are those that they had, the same in one backend, and as pinned. */
import type { SocketAddress } from "../../address.ts";
import { clockMs } from "../../clock.ts";
import type { Backend } from "../../proxy/backend/backend.ts";
import type { Server } from "../../proxy/backend/server.ts";
import type { Running } from "../../proxy/running.ts";
import type { HostKeyDifference, HostKeysBackend, HostKeysServer, PublicHostKeys } from "../public.ts";
import { AddressPace } from "./address-pace.ts";
import { differencesMark, differencesOf, differencesText, minute } from "./differences.ts";
import { type KnownServer, KnownServers, mostGone } from "./known.ts";
import { Lanes } from "./lanes.ts";
import { type Look, Watch, type WatchKeeper } from "./watch.ts";

/** How often it is looked whether a server is to be looked at. */
const tickMs = 500;
/** Looks that wait for their turn or are under way; who has been due for longest comes first. */
const mostLooks = 64;

/** A backend with servers that are watched. */
interface Watched {
  readonly backend: Backend;
  readonly watches: readonly Watch[];
}

/** One per process; plans come and go. */
export class HostKeys implements PublicHostKeys, WatchKeeper {
  readonly known = new KnownServers();
  readonly #pace: AddressPace;
  readonly #lanes = new Lanes();
  readonly #looks = { whole: 0, failed: 0 };
  #watches: ReadonlyMap<Server, Watch> = new Map();
  #backends: ReadonlyMap<string, Watched> = new Map();
  /** By backend: the difference that was told last. */
  readonly #told = new Map<string, string>();
  #timer: ReturnType<typeof setInterval> | null = null;
  #isStopped = false;
  neverSendLocal = false;

  constructor(
    readonly software: string,
    pace = new AddressPace(),
  ) {
    this.#pace = pace;
  }

  /** These servers run now: those of them that are to be are watched from here on, and no others. In steps. */
  *watch({ plan, backends }: Pick<Running, "plan" | "backends">): Generator<undefined> {
    if (this.#isStopped || plan === null) return;
    this.neverSendLocal = plan.global.pp2NeverSendLocal;
    const watches = new Map<Server, Watch>();
    const watched = new Map<string, Watched>();
    for (const backend of backends.values()) {
      const own = backend.plan.disabled ? [] : backend.servers.flatMap((server) => this.#watchOf(server));
      if (own.length > 0) watched.set(backend.plan.name, { backend, watches: own });
      for (const one of own) watches.set(one.server, one);
      yield;
    }
    for (const [server, watch] of this.#watches) {
      if (watches.has(server)) continue;
      // Of a server that is gone nothing is told any more.
      if (backends.get(server.backend.plan.name)?.find(server.name) === server) watch.end();
      else watch.stop();
    }
    this.#watches = watches;
    this.#backends = watched;
    for (const name of this.#told.keys()) if (!watched.has(name)) this.#told.delete(name);
    this.#trim();
    yield;
    for (const { backend } of watched.values()) {
      this.#compare(backend.plan.name);
      yield;
    }
    this.#keepTime();
  }

  #watchOf(server: Server): Watch[] {
    const { hostKeys } = server.plan;
    if (hostKeys === null) return [];
    const known = this.#watches.get(server);
    known?.replan(hostKeys);
    return [known ?? new Watch(server, this, hostKeys)];
  }

  #trim(): void {
    const watched = new Set<KnownServer | null>();
    for (const watch of this.#watches.values()) watched.add(this.#knownOf(watch));
    this.known.trim((server) => watched.has(server));
  }

  /** What is known of it where it is. */
  #knownOf({ server, address }: Watch): KnownServer | null {
    return address === null ? null : this.known.find(server.backend.plan.name, server.name, address);
  }

  #keepTime(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = this.#watches.size === 0 ? null : setInterval(() => this.tick(), tickMs);
    this.#timer?.unref();
    this.tick();
  }

  /** Looks at those whose time has come: by itself twice a second, and after each plan. */
  tick(): void {
    const now = clockMs();
    let busy = 0;
    const due: { readonly watch: Watch; readonly since: number }[] = [];
    for (const watch of this.#watches.values()) {
      const since = watch.dueSince(now);
      if (watch.isBusy) busy += 1;
      else if (since !== null) due.push({ watch, since });
    }
    due.sort((one, other) => one.since - other.since);
    for (const { watch } of due.slice(0, Math.max(0, mostLooks - busy))) watch.look();
  }

  /** The process stops: nobody is asked any more. */
  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const watch of this.#watches.values()) watch.stop();
  }

  /** WatchKeeper. */
  async turn(server: Server, address: SocketAddress): Promise<() => void> {
    while (!this.#isStopped) {
      await sleep(this.#pace.waitMs(address, server.probes));
      const leave = await this.#lanes.take(server.backend.plan.name);
      // Somebody else may have asked it meanwhile.
      if (this.#pace.waitMs(address, server.probes) === 0) {
        this.#pace.begin(address, server.probes, checksSpeakSsh(server));
        return leave;
      }
      leave();
    }
    return () => {};
  }

  /** WatchKeeper. */
  nameOf(fingerprint: string): string | null {
    return this.known.nameOf(fingerprint);
  }

  /** WatchKeeper. */
  looked(watch: Watch, look: Look): void {
    const { address, seen, isWhole } = look;
    const { server } = watch;
    const { name } = server.backend.plan;
    this.#looks[isWhole ? "whole" : "failed"] += 1;
    const known = this.known.at(name, server.name, address);
    this.#tellFailure(known, look);
    if (seen.length > 0 || isWhole) {
      const at = Date.now();
      for (const { type, from, to } of this.known.note(known, seen, isWhole, at))
        this.#tell(
          name,
          "alert",
          `Server ${name}/${server.name} has another ${type} host key: ${to}, first seen ${minute(at)}. It had ${from.fingerprint}, seen from ${minute(from.firstAt)} to ${minute(from.lastAt)}.`,
        );
    }
    if (this.known.size > this.#watches.size + 2 * mostGone) this.#trim();
    this.#compare(name);
  }

  /** The first of several. */
  #tellFailure(known: KnownServer, { failure, forged }: Look): void {
    const who = `Server ${known.backend}/${known.server}`;
    const wrong = failure ?? (forged === null ? null : `${forged}: the server does not have the key that it shows`);
    if (known.failure === null && wrong !== null) {
      if (forged === null) this.#tell(known.backend, "notice", `${who}: its host keys could not be read: ${wrong}.`);
      else this.#tell(known.backend, "alert", `${who} shows a host key that it does not have (${forged}).`);
    }
    known.failure = wrong;
  }

  /** Tells where the servers of a backend begin to differ, differ otherwise, or do so no more; not while some have not been looked at. */
  #compare(name: string): void {
    const watched = this.#backends.get(name);
    if (watched === undefined || watched.watches.some((one) => one.isNew)) return;
    const differences = this.#differences(watched);
    const mark = differences.length === 0 ? "" : differencesMark(differences);
    if (mark === (this.#told.get(name) ?? "")) return;
    this.#told.set(name, mark);
    if (mark === "") this.#tell(name, "notice", `Backend ${name}: the host keys of its servers are the same again.`);
    else
      this.#tell(
        name,
        "alert",
        `Backend ${name}: the host keys of its servers differ: ${differencesText(differences)}.`,
      );
  }

  #differences({ watches }: Watched): readonly HostKeyDifference[] {
    const compared = watches.flatMap((watch) => {
      const { server, last } = watch;
      const known = this.#knownOf(watch);
      return known === null || last?.isWhole !== true || server.state === "MAINT"
        ? []
        : [{ name: server.name, keys: known.held }];
    });
    return differencesOf(compared);
  }

  #tell(name: string, level: "alert" | "notice", text: string): void {
    const backend = this.#backends.get(name)?.backend;
    if (backend === undefined) return;
    backend.process.emit({ type: "host-keys", backend: name, logs: backend.plan.logs, level, text });
  }

  get isWatching(): boolean {
    return this.#watches.size > 0;
  }

  get looks(): PublicHostKeys["looks"] {
    return { ...this.#looks };
  }

  *backends(): Iterable<HostKeysBackend> {
    for (const [name, watched] of this.#backends)
      yield { name, differences: this.#differences(watched), servers: watched.watches.map((one) => this.#report(one)) };
  }

  #report(watch: Watch): HostKeysServer {
    const { server, address, pin } = watch;
    const known = this.#knownOf(watch);
    return {
      name: server.name,
      address,
      pin,
      objection: server.objection?.info ?? null,
      lookedAt: known?.lookedAt ?? null,
      failure: known?.failure ?? null,
      changes: known?.changes ?? 0,
      keys: known === null ? [] : [...known.keys.values()],
    };
  }
}

function checksSpeakSsh({ plan, backend }: Server): boolean {
  return plan.check !== null && backend.plan.check.kind === "ssh";
}

function sleep(ms: number): Promise<void> {
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, Math.ceil(ms)).unref();
  });
}
