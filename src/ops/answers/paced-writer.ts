/** One who is answered over a socket: what is written waits until it was taken, and who takes nothing is let go. */
import type { Socket } from "node:net";

/** Writes to a socket at its reader's pace. */
export class PacedWriter {
  readonly #socket: Socket;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => this.#go());
    socket.on("close", () => this.#go());
  }

  #go(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  /** Resolves once all of it is out of the process; false: the socket is closed, by the reader or because it took nothing for `limitMs` (0: it may take its time). */
  async write(text: string, limitMs: number): Promise<boolean> {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return false;
    if (!socket.write(text)) {
      const timer = limitMs > 0 ? setTimeout(() => socket.destroy(), Math.min(limitMs, 2_147_483_647)) : null;
      timer?.unref();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (timer !== null) clearTimeout(timer);
    }
    return !socket.destroyed;
  }
}
