/** Servers that are listeners of the same configuration, and lead back to where a client came from. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { BindPlan } from "../../plan/bind.ts";
import type { FrontendPlan } from "../../plan/proxy.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Position } from "../../plan/position.ts";
import type { ServerPlan } from "../../plan/server.ts";
import type { Diagnostics } from "../text/diagnostics.ts";

/** What a name stands for, as far as it is known. */
export type KnownAddresses = (host: string) => readonly string[];

/**
 * Tells of each server through which a client comes back to the frontend that it came from. HAProxy says nothing of it.
 *
 * A way that only some clients take counts as well, unless the name of its backend is not known before they come.
 */
export function tellOfLoops(
  plan: Plan,
  diagnostics: Diagnostics,
  level: "alert" | "notice",
  known: KnownAddresses,
  own: ReadonlySet<string> = ownAddresses(),
): void {
  const map = new Listeners(plan, known, own);
  const told = new Set<ServerPlan>();
  for (const [from, { server, backend, to }] of map.loops()) {
    if (told.has(server)) continue;
    told.add(server);
    const back = from === to.frontend ? "" : ", which leads back here";
    const listener = `frontend '${to.frontend.name}' itself listens (${at(to.bind.position)} : 'bind ${to.bind.text}')${back}`;
    const text = `${at(server.position)} : 'server ${backend}/${server.name}' : '${server.text}' is where ${listener}: clients would go round in a circle.`;
    const advice = "give the frontend another address or port than the server's";
    diagnostics.add({ level, text, pointer: null, advice });
  }
}

function at({ file, line }: Position): string {
  return `[${file}:${line}]`;
}

/** Addresses of this machine, written alike. */
function ownAddresses(): ReadonlySet<string> {
  try {
    const all = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => alike(address)));
    return new Set(all);
  } catch {
    return new Set(); // where the system does not tell, those that every machine has remain
  }
}

/** One socket that clients come in by. */
interface Listener {
  readonly frontend: FrontendPlan;
  readonly bind: BindPlan;
  /** Counted over all. */
  readonly order: number;
}

/** Where a backend's server is, and of several at the same place the first. `port` null: the client's, and `offset` more. */
interface Target {
  readonly backend: string;
  readonly server: ServerPlan;
  readonly hosts: readonly string[];
  readonly path: string | null;
  readonly port: number | null;
  readonly offset: number;
}

/** A backend's. */
interface Targets {
  readonly fixed: readonly Target[];
  readonly relative: readonly Target[];
}

const nowhere: Targets = { fixed: [], relative: [] };

/** A listener leads to its frontend, and both to servers. */
type Node = Listener | FrontendPlan;

interface Way {
  readonly backend: string;
  readonly server: ServerPlan;
  readonly to: Listener;
}

/** Who leads to whom. What it takes grows with what stands in the files, and not with its square. */
class Listeners {
  readonly #all: Listener[] = [];
  /** By port and address; of all addresses by port alone. */
  readonly #byAddress = new Map<string, Listener[]>();
  readonly #ports = new Set<number>();
  readonly #byPath = new Map<string, Listener[]>();
  readonly #targets = new Map<string, Targets>();
  readonly #ways = new Map<Node, readonly Way[]>();

  constructor(
    plan: Plan,
    known: KnownAddresses,
    private readonly own: ReadonlySet<string>,
  ) {
    for (const frontend of plan.frontends) {
      if (frontend.disabled) continue;
      for (const bind of frontend.binds) this.#add({ frontend, bind, order: this.#all.length });
    }
    const movesClients = setsDestination(plan);
    for (const { name, disabled, servers } of plan.backends) {
      const targets = new Map<string, Target>();
      for (const server of disabled ? [] : servers) {
        const isMoved = movesClients && isAnywhere(server);
        const target = server.disabled || isMoved ? null : targetOf(name, server, known);
        if (target === null) continue;
        const { hosts, path, port, offset } = target;
        const key = `${hosts.join(" ")} ${path} ${port} ${offset}`;
        if (!targets.has(key)) targets.set(key, target);
      }
      const isFixed = ({ path, port }: Target): boolean => path !== null || port !== null;
      const all = [...targets.values()];
      this.#targets.set(name, { fixed: all.filter(isFixed), relative: all.filter((one) => !isFixed(one)) });
    }
  }

  #add(one: Listener): void {
    this.#all.push(one);
    const { address } = one.bind;
    if (address.kind === "tcp") {
      this.#ports.add(address.port);
      put(this.#byAddress, addressKey(alike(address.host), address.port), one);
    } else if (address.kind !== "fd") put(this.#byPath, pathOf(address), one);
  }

  /** Each way that is part of a circle, with the frontend where it begins. */
  *loops(): Generator<readonly [FrontendPlan, Way]> {
    // Who leads nowhere is part of no circle.
    const leading = this.#all.filter((one) => this.#waysFrom(one).length + this.#waysFrom(one.frontend).length > 0);
    const circles = components<Node>(leading, (node) => {
      const after: Node[] = this.#waysFrom(node).map(({ to }) => to);
      return "bind" in node ? [node.frontend, ...after] : after;
    });
    for (const [node, circle] of circles) {
      const from = "bind" in node ? node.frontend : node;
      for (const way of this.#waysFrom(node)) if (circles.get(way.to) === circle) yield [from, way];
    }
  }

  /** From a frontend to servers with a port of their own, from a listener to those that keep the client's. */
  #waysFrom(node: Node): readonly Way[] {
    const known = this.#ways.get(node);
    if (known !== undefined) return known;
    const { defaultBackend, useBackends } = "bind" in node ? node.frontend : node;
    const names = new Set([defaultBackend, ...useBackends.map(({ backend }) => backend)]);
    const ways: Way[] = [];
    for (const name of names) {
      const { fixed, relative } = (typeof name === "string" ? this.#targets.get(name) : undefined) ?? nowhere;
      for (const target of "bind" in node ? relative : fixed) {
        const { backend, server } = target;
        for (const to of this.#reachedBy(target, node)) ways.push({ backend, server, to });
      }
    }
    this.#ways.set(node, ways);
    return ways;
  }

  #reachedBy(target: Target, from: Node): readonly Listener[] {
    if (target.path !== null) return this.#byPath.get(target.path) ?? [];
    if (target.port !== null) return this.#at(target, target.port);
    const address = "bind" in from ? from.bind.address : null;
    return address?.kind === "tcp" ? this.#at(target, address.port + target.offset) : [];
  }

  #at({ hosts }: Target, port: number): readonly Listener[] {
    if (!this.#ports.has(port)) return [];
    const places = [...hosts, "::", "0.0.0.0"].map((host) => addressKey(host, port));
    const listeners = [...new Set(places)].flatMap((place) => this.#byAddress.get(place) ?? []);
    return listeners
      .filter(({ bind }) => hosts.some((host) => this.#hears(bind, host)))
      .toSorted((left, right) => left.order - right.order);
  }

  /** Whether a connection to this address is one to that listener. */
  #hears({ address, v6only, interface: device, transparent }: BindPlan, host: string): boolean {
    if (address.kind !== "tcp" || (device !== null && device !== "lo")) return false;
    const bound = alike(address.host);
    const isOwn = /^127\.|^::1$/.test(host) || this.own.has(host);
    if (isIPv4Anywhere(bound)) return isOwn && isIP(host) === 4;
    if (bound === "::") return isOwn && (isIP(host) === 6 || v6only !== true);
    return bound === host && (isOwn || !transparent);
  }
}

function isIPv4Anywhere(host: string): boolean {
  return host === "" || host === "*" || host === "0.0.0.0";
}

/** Every way to say all of IPv4 is one key. */
function addressKey(host: string, port: number): string {
  return `${port} ${isIPv4Anywhere(host) ? "0.0.0.0" : host}`;
}

function put<Key>(map: Map<Key, Listener[]>, key: Key, one: Listener): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [one]);
  else list.push(one);
}

function pathOf(
  address: { readonly kind: "unix"; readonly path: string } | { readonly kind: "abstract"; readonly name: string },
): string {
  return address.kind === "unix" ? address.path : `@${address.name}`;
}

/** Whether a rule says where clients wanted to go. */
function setsDestination({ frontends, backends }: Plan): boolean {
  const lists = [
    ...frontends.flatMap(({ connectionRules, sessionRules }) => [connectionRules, sessionRules]),
    ...[...frontends, ...backends].flatMap(({ contentRules, http }) => [contentRules, http?.requestRules ?? []]),
  ];
  return lists.some((rules) => rules.some(({ action: { kind } }) => kind === "set-dst" || kind === "set-dst-port"));
}

/** Its address is the one that the client wanted. */
function isAnywhere({ address }: ServerPlan): boolean {
  return address.kind === "tcp" && ["", "0.0.0.0", "::"].includes(address.host);
}

/** Null where nothing is known of its address. */
function targetOf(backend: string, server: ServerPlan, known: KnownAddresses): Target | null {
  const { address } = server;
  if (address.kind !== "tcp") return { backend, server, hosts: [], path: pathOf(address), port: null, offset: 0 };
  const { host, isName, port, portOffset } = address;
  const named = /^(?:.*\.)?localhost\.?$/i.test(host) ? ["127.0.0.1", "::1"] : known(host);
  // To connect to every address is to connect to loopback.
  const hosts = (isName ? named : [host]).map(alike).map((one) => (isIPv4Anywhere(one) ? "127.0.0.1" : one));
  const reached = hosts.map((one) => (one === "::" ? "::1" : one)).toSorted();
  return reached.length === 0 ? null : { backend, server, hosts: reached, path: null, port, offset: portOffset };
}

/** One way to write each address: IPv6 as short as may be, IPv4 in IPv6 as IPv4. */
function alike(host: string): string {
  const [bare = ""] = host.split("%", 1);
  if (isIP(bare) !== 6) return host;
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Strongly connected components (Tarjan's, without recursion): the same number for all that lead to each other. */
function components<Node>(nodes: readonly Node[], next: (node: Node) => readonly Node[]): ReadonlyMap<Node, number> {
  const order = new Map<Node, number>();
  const lowest = new Map<Node, number>();
  const found = new Map<Node, number>();
  const open: Node[] = [];
  const lower = (node: Node, to: number): void => void lowest.set(node, Math.min(lowest.get(node) ?? to, to));
  for (const root of nodes) {
    if (order.has(root)) continue;
    const path: { readonly node: Node; readonly rest: Iterator<Node> }[] = [];
    const enter = (node: Node): void => {
      order.set(node, order.size);
      lower(node, order.size - 1);
      open.push(node);
      path.push({ node, rest: next(node)[Symbol.iterator]() });
    };
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { node } = top;
      const step = top.rest.next();
      if (step.done !== true) {
        const seen = order.get(step.value);
        if (seen === undefined) enter(step.value);
        else if (!found.has(step.value)) lower(node, seen);
        continue;
      }
      path.pop();
      const low = lowest.get(node) ?? 0;
      const above = path.at(-1);
      if (above !== undefined) lower(above.node, low);
      if (low !== order.get(node)) continue;
      let one: Node | undefined;
      do {
        one = open.pop();
        if (one !== undefined) found.set(one, low);
      } while (one !== node && one !== undefined);
    }
  }
  return found;
}
