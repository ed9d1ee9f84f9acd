/** The system refuses what it is asked, once and at any call, while clients of `mode http` are served: that ends one of them at most. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { canCallLibc } from "../../../src/net/libc/process-calls.ts";
import { socketCalls } from "../../../src/net/libc/socket-calls.ts";
import { transport } from "../../transport.ts";
import { Stage, stories } from "./fault-stories.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: what fails are calls of libc");

type Errors = Readonly<Record<string, readonly number[]>>;

/** What calls may say that open connections: errors of Linux, by number. */
const opening: Errors = {
  // EMFILE, ECONNABORTED
  accept: [24, 103],
  // EMFILE, ENOBUFS
  socket: [24, 105],
  // EADDRNOTAVAIL, ECONNREFUSED
  connect: [99, 111],
};

const moving: Errors = {
  // EPIPE, ECONNRESET, ENOBUFS
  send: [32, 104, 105],
  sendMore: [32, 104, 105],
  sendAt: [32, 104, 105],
  // ECONNRESET, ETIMEDOUT
  recv: [104, 110],
  // EINVAL, ENOBUFS
  setOption: [22, 105],
};

type Call = (...given: readonly unknown[]) => unknown;

/** Has the call number `at` of those fail, once it is set. */
class Refusal implements Disposable {
  at = 0;
  calls = 0;
  refused: string | null = null;
  readonly #calls = socketCalls() as unknown as Record<string, Call>;
  readonly #real = new Map<string, Call>();

  constructor(errors: Errors) {
    for (const [name, numbers] of Object.entries(errors)) {
      const real = this.#calls[name] as Call;
      this.#real.set(name, real);
      this.#calls[name] = (...given) => (this.#refuses(name, given) ? -this.#error(numbers) : real(...given));
    }
  }

  /** What the loop wakes itself by, a byte each time, cannot fail. */
  #refuses(name: string, given: readonly unknown[]): boolean {
    if (this.at === 0 || (given[1] as { readonly length?: number } | undefined)?.length === 1) return false;
    this.calls += 1;
    if (this.calls !== this.at) return false;
    this.refused = name;
    return true;
  }

  #error(numbers: readonly number[]): number {
    return numbers[this.at % numbers.length] as number;
  }

  set(at: number): void {
    this.at = at;
    this.calls = 0;
    this.refused = null;
  }

  [Symbol.dispose](): void {
    for (const [name, real] of this.#real) this.#calls[name] = real;
  }
}

/** Which calls: all with SOAK=1, else some, so that each error has its turn. */
const step = process.env["SOAK"] === "1" ? 1 : 5;

for (const story of stories)
  test.skipIf(!isPossible)(`refused at any call: ${story.name}`, async () => {
    // A server that cannot be had is waited for, a second each time: once is enough.
    using refusal = new Refusal(story === stories[0] ? { ...opening, ...moving } : moving);
    await using stage = await Stage.set(story, transport);
    const playAt = (at: number): Promise<void> => {
      return stage.play(
        () => refusal.set(at),
        () => {
          refusal.at = 0;
          return `call ${at}, ${refusal.refused ?? "nothing refused"}`;
        },
      );
    };
    await playAt(Infinity);
    const clean = refusal.calls;
    expect(clean).toBeGreaterThan(0);
    for (let at = 1; at <= clean; at += step) await playAt(at);
    expect(stage.scene.proxy.state.faults.count).toBe(0);
    const before = stage.scene.records.length;
    await playAt(Infinity);
    expect(stage.letters(before)).toEqual([...story.ends]);
  });
