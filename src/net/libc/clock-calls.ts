/** What the kernel says of its clock (Linux's adjtimex(2)), which anybody may ask. */
import { dlopen } from "bun:ffi";

/** Longer than `struct timex` is anywhere; its first word, `modes`, is 0: nothing is set. */
const timex = new Uint8Array(new ArrayBuffer(512));
/** What adjtimex() returns, and a bit of `status`, for a clock that nobody holds to another. */
const timeError = 5;
/** `int status`, behind `modes` and four longs. */
const statusAt = 40;
const unsynchronised = 0x40;

/** Null where it cannot be told. */
export function clockState(): "synchronised" | "free" | null {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) return null;
  try {
    const { adjtimex } = dlopen("libc.so.6", { adjtimex: { args: ["ptr"], returns: "i32" } } as const).symbols;
    timex.fill(0);
    const state = adjtimex(timex);
    if (state < 0) return null;
    const status = new DataView(timex.buffer).getInt32(statusAt, true);
    return state === timeError || (status & unsynchronised) !== 0 ? "free" : "synchronised";
  } catch {
    return null;
  }
}
