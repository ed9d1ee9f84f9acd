/** What Bun offers, with FFI or without. */
import type { Tls } from "../../net/tls/secure.ts";
import type { Transport } from "../../net/transport.ts";
import { cryptAddress } from "./passwords.ts";
import { threadPasswords } from "./thread-passwords.ts";
import type { Runtime, RuntimeNotice } from "./runtime.ts";

/**
 * The runtime of the binary. `nbthread` threads at most are for the zero-copy plane: 0 for none of it, null for as many as suit the
 * machine. `pipes`: what it may use of them. `epoll`: whether Linux's own sockets may serve. `leavesRoot`: what may be needed of the system has to be
 * loaded now.
 */
export async function bunRuntime(
  nbthread: number | null,
  pipes: { readonly count: number | null; readonly bytes: number | null },
  epoll: boolean,
  leavesRoot: boolean,
  notice: RuntimeNotice,
): Promise<Runtime> {
  const description = `Bun ${process.versions["bun"]}`;
  const { canCallLibc, chroot, descriptorLimits, sendSyslogDatagram, setDescriptorLimits } =
    await import("../../net/libc/process-calls.ts");
  const sendUnix = (path: string, bytes: Uint8Array): boolean => sendSyslogDatagram(path, bytes) === 0;
  const limitDescriptors = (count: number): number | null => {
    const now = descriptorLimits();
    try {
      setDescriptorLimits({ soft: count, hard: Math.max(count, now?.hard ?? 0) });
      return null;
    } catch {
      return now?.soft ?? 0;
    }
  };
  const { socketCalls } = await import("../../net/libc/socket-calls.ts");
  const { adoptSocket } = await import("../../net/listen/inherited-socket.ts");
  const calls = socketCalls();
  const adopt = calls === null ? null : (fd: number): number => adoptSocket(calls, fd);
  const { openUdpSocket } = await import("../../net/libc/udp-socket.ts");
  const udp = calls === null ? {} : { openUdp: (host: string, port: number) => openUdpSocket(calls, host, port) };
  const { clockState } = await import("../../net/libc/clock-calls.ts");
  const { heapBytes } = await import("./heap-bytes.ts");
  let crypt: Promise<number | null> | null = null;
  const findCrypt = (): Promise<number | null> => (crypt ??= cryptAddress());
  if (leavesRoot) await findCrypt();
  const verify = threadPasswords(findCrypt);
  const loadTls = async (): Promise<Tls> => {
    const { openTls } = await import("../../net/tls/open-tls.ts");
    const { bunEngine } = await import("../../net/tls/bun-tls.ts");
    return openTls(calls === null ? null : bunEngine(calls));
  };
  // The files of a program that is run from source are out of reach then.
  if (leavesRoot) await loadTls();
  const common = { description, openTls: loadTls, adopt, heapBytes, verify, clockState };
  const base = canCallLibc()
    ? { ...common, sendUnix, limitDescriptors, chroot, ...udp }
    : { ...common, sendUnix: null, limitDescriptors: null, chroot: null };
  const transport = await bestTransport(canCallLibc(), epoll, notice);
  if (nbthread === 0) return { ...base, transport, threads: 1, splice: "not wanted" };
  const threads = nbthread ?? Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1));
  try {
    const { spliceTransport } = await import("../../net/splice/splice-transport.ts");
    const refusal = await bunSpliceRefusal(transport);
    if (refusal !== null) throw new Error(refusal);
    return {
      ...base,
      transport: spliceTransport(transport, threads, notice, pipes),
      threads: threads + 1,
      splice: "possible",
    };
  } catch (error) {
    const spliceFault = error instanceof Error ? error.message : String(error);
    return { ...base, transport, threads: 1, splice: "impossible", spliceFault };
  }
}

/** Linux's own sockets where they can be had, else Bun's. */
async function bestTransport(hasLibc: boolean, epoll: boolean, notice: RuntimeNotice): Promise<Transport> {
  try {
    if (!epoll) throw new Error("noepoll or -de");
    const { openEpollTransport } = await import("../../net/epoll/epoll-transport.ts");
    return await openEpollTransport();
  } catch (error) {
    // Elsewhere, and without libc, it is not to be expected.
    if (process.platform === "linux" && hasLibc)
      notice("notice", `Bun's own sockets are used (${error instanceof Error ? error.message : String(error)})`);
    const { bunTransport } = await import("../../net/bun/bun-transport.ts");
    return bunTransport;
  }
}

/** Why nothing can be spliced between this transport's sockets; null where it can. */
export async function bunSpliceRefusal(transport: Transport): Promise<string | null> {
  const { spliceRefusal } = await import("../../net/splice/splice-transport.ts");
  return spliceRefusal() ?? (transport.name === "bun" ? "Bun's own sockets are used" : null);
}
