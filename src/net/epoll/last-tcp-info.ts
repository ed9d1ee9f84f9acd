/** A connection's TCP_INFO while its socket is open, and what it said last once that is gone. */
import type { SocketCalls } from "../libc/socket-calls.ts";
import type { TcpInfo } from "../../tcp-info.ts";

/** Made when somebody asks for the first time, so that connections nobody asks about make no system call. */
export class LastTcpInfo {
  #last: TcpInfo | null = null;
  #isGone = false;

  /** `fd` gives the descriptor, or a negative number once it is closed. */
  constructor(
    private readonly calls: SocketCalls,
    private readonly fd: () => number,
  ) {}

  /** What the kernel says now, or said last. */
  ask(): TcpInfo | null {
    const fd = this.#isGone ? -1 : this.fd();
    if (fd >= 0) this.#last = this.calls.tcpInfo(fd) ?? this.#last;
    return this.#last;
  }

  /** Asks once more; call before the descriptor is given away, for its number may be another's afterwards. */
  leave(): void {
    this.ask();
    this.#isGone = true;
  }
}
