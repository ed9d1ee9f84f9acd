/** Faults of the program itself: each is told once for the place where it happened, so that no client can fill a log with them. */

/** Places that are told of; whatever would have more is told once that it has. */
const mostPlaces = 256;
/** Of what the runtime says was wrong, which may quote what came from outside. */
const longestMessage = 200;
/** Frames of the stack that are told, and those that make a place. */
const mostFrames = 8;
const placeFrames = 3;

/** Remembers what has been told. */
export class Faults {
  readonly #places = new Set<string>();
  #count = 0;

  /** `tell` gets one line. It may throw: a fault that cannot be told is only counted. */
  constructor(private readonly tell: (text: string) => void) {}

  /** All of them, also those that were not told. */
  get count(): number {
    return this.#count;
  }

  /** Something threw `error` in `where`, as in "in a session, which was ended". Never throws. */
  note(error: unknown, where: string): void {
    this.#count += 1;
    try {
      const frames = framesOf(error);
      // Without its message: that may hold what a client sent, and would be another each time.
      const place = `${where} ${error instanceof Error ? error.name : typeof error} ${frames.slice(0, placeFrames).join(" ")}`;
      if (this.#places.has(place) || this.#places.size > mostPlaces) return;
      this.#places.add(place);
      if (this.#places.size > mostPlaces) this.tell("internal errors at too many places: no further one is told");
      else this.tell(`internal error ${where}, please report it: ${messageOf(error)} ${frames.join(" ")}`.trimEnd());
    } catch {
      // There is nobody else to tell.
    }
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}

/** `at function (file:line:column)`, the place of the fault first. */
function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const { message, stack } = error;
  // Behind the message, which may look like frames.
  const behind = stack.slice(Math.max(0, stack.indexOf(message)) + message.length);
  const lines = behind.split("\n").filter((line) => /^\s+at /.test(line));
  return lines.slice(0, mostFrames).map((line) => line.trim());
}
