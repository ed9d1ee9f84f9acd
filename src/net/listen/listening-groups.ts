/** Whom the kernel gives new clients to: the listening sockets that share an address, and how one of them is left out. */
import { fstatSync } from "node:fs";
import { listeningSockets, type TcpSocket } from "../libc/sock-diag.ts";
import {
  familyOf,
  SO_BINDTOIFINDEX,
  SO_DETACH_REUSEPORT_BPF,
  type SocketCalls,
  SOL_SOCKET,
} from "../libc/socket-calls.ts";
import type { SocketAddress } from "../../address.ts";

type TcpAddress = Extract<SocketAddress, { kind: "tcp" }>;

/** An interface that there is not: nothing ever comes in by it. */
const noInterface = 0x7fffffff;
/** How long what the kernel has shown may be taken for what is. */
const freshMs = 5;
/** When the kernel chooses again by its hash. */
const restoreMs = 1000;

/** One listening socket of ours. */
export interface Member {
  readonly fd: number;
  readonly inode: number;
  readonly address: TcpAddress;
  readonly group: Group;
  /** Is about to be closed. */
  isLeaving: boolean;
  /** Nobody new reaches it, for it listens on no interface. */
  isDeaf: boolean;
}

interface Group {
  readonly key: string;
  /** Ours, in the kernel's order as far as we know it. */
  readonly members: Member[];
}

/**
 * Sockets bound to the same address with SO_REUSEPORT are a group, over all processes of one user; the kernel picks one of them by a
 * hash of the connection. Closing one resets whoever waits in its queue, and there is always somebody between the last
 * accept and the close. So before it is closed the others get everybody new:
 *
 * - by a program on the group (SO_ATTACH_REUSEPORT_CBPF), which returns the place of a socket that stays. The kernel's array has
 *   them in the order in which they began to listen; where one is removed, the last takes its place. What came later, a
 *   successor's, is at the end. A place that there is not (any more) leaves the choice to the hash: so the last place is named, and
 *   the program is void as soon as one socket is closed.
 * - where all of a group are about to be closed, by binding them to an interface that does not exist: the lookup passes them over for a
 *   wider or narrower address, or refuses. What is in their queues, and who is in the middle of the handshake, stays with them.
 *   Beside one that stays this would be wrong: the hash may choose a deaf one, which cannot answer.
 */
export class ListeningGroups {
  readonly #groups = new Map<string, Group>();
  readonly #seen = new Map<number, { readonly at: number; readonly sockets: readonly TcpSocket[] }>();

  constructor(private readonly calls: SocketCalls) {}

  /** To be called when the socket has begun to listen. Null for what has no group. */
  join(fd: number, address: SocketAddress, device: string | null): Member | null {
    if (address.kind !== "tcp") return null;
    const key = JSON.stringify([address.host, address.port, device]);
    const group = this.#groups.get(key) ?? { key, members: [] };
    this.#groups.set(key, group);
    // What a process that has left may have left.
    if (!group.members.some((one) => one.isLeaving)) this.#forgetProgram(fd);
    const member = { fd, inode: fstatSync(fd).ino, address, group, isLeaving: false, isDeaf: false };
    group.members.push(member);
    this.#seen.clear();
    return member;
  }

  /** New clients go elsewhere from now on, if there is anywhere. `attempt`: another guess each time where it is one. */
  divert(member: Member, attempt: number): void {
    member.isLeaving = true;
    if (member.isDeaf) return;
    const { members } = member.group;
    const leaving = members.filter((one) => one.isLeaving);
    const total = this.#count(member) ?? (leaving.length < members.length ? members.length : 2 * members.length);
    if (total <= leaving.length) return this.#deafen(leaving);
    const places = placesToStay(members, total);
    const place = places[attempt % places.length] as number;
    this.calls.steer(member.fd, place);
  }

  #deafen(members: readonly Member[]): void {
    for (const one of members) {
      // Without CAP_NET_RAW it can be done once, and not where `interface` has done it.
      one.isDeaf = this.calls.setOption(one.fd, SOL_SOCKET, SO_BINDTOIFINDEX, noInterface) >= 0;
    }
    // What listens there from now on makes a group of its own.
    const [first] = members;
    if (first?.isDeaf === true) this.#groups.delete(first.group.key);
  }

  /** Whether it is its turn: from the last of ours to the first, so that those of others keep the places behind. */
  mayClose({ group, fd, isDeaf }: Member): boolean {
    return isDeaf || group.members.findLast((one) => one.isLeaving)?.fd === fd;
  }

  /** To be called right before the socket is closed. */
  leave(member: Member): void {
    const { members, key } = member.group;
    const at = members.indexOf(member);
    if (at < 0) return;
    this.#seen.clear();
    const last = members.pop() as Member;
    if (last !== member) members[at] = last;
    const staying = members.find((one) => !one.isDeaf);
    if (staying !== undefined && member.isLeaving) this.#restoreChoice(staying, members);
    if (members.length === 0 && this.#groups.get(key) === member.group) this.#groups.delete(key);
  }

  /** How many sockets of all processes are in the group. */
  #count({ address, inode }: Member): number | null {
    const all = this.#look(familyOf(address));
    const own = all.find((one) => one.inode === inode);
    if (own === undefined) return null;
    const isOfGroup = (one: TcpSocket): boolean =>
      one.host === own.host &&
      one.port === own.port &&
      one.uid === own.uid &&
      one.interfaceIndex === own.interfaceIndex;
    return all.filter(isOfGroup).length;
  }

  /** What the kernel shows; asked once for all sockets that leave at the same time. */
  #look(family: number): readonly TcpSocket[] {
    const seen = this.#seen.get(family);
    const now = performance.now();
    if (seen !== undefined && now - seen.at < freshMs) return seen.sockets;
    const sockets = listeningSockets(this.calls, family) ?? [];
    this.#seen.set(family, { at: now, sockets });
    return sockets;
  }

  /** The hash chooses among those that stay, once a process that had lent the closed one has closed it as well. */
  #restoreChoice(staying: Member, members: readonly Member[]): void {
    const timer = setTimeout(() => {
      if (members.includes(staying) && !members.some((one) => one.isLeaving)) this.#forgetProgram(staying.fd);
    }, restoreMs);
    timer.unref();
  }

  #forgetProgram(fd: number): void {
    this.calls.setOption(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
  }
}

/**
 * The places of sockets that stay, the likeliest first.
 *
 * Sockets of others have most likely come after ours. Where they came before, clients go on coming to those that leave, and the next
 * place is tried.
 */
function placesToStay(members: readonly Member[], total: number): readonly number[] {
  const others = Array.from({ length: Math.max(0, total - members.length) }, (_, index) => total - 1 - index);
  const own = members.flatMap((one, place) => (one.isLeaving ? [] : [place]));
  const rest = members.flatMap((one, place) => (one.isLeaving && others.length > 0 ? [place] : []));
  return [...others, ...own, ...rest];
}

const all = new WeakMap<SocketCalls, ListeningGroups>();

/** One for all listeners of the process. */
export function listeningGroups(calls: SocketCalls): ListeningGroups {
  const known = all.get(calls) ?? new ListeningGroups(calls);
  all.set(calls, known);
  return known;
}
