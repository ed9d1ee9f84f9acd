/** A Plan in pieces: what loading found, told in messages of which none costs the receiver more than a short turn. */

/**
 * One message of a value on its way: tokens of a walk through it, each object's before those of what is in it. Plain
 * JSON, cut where enough has come together, be it in the middle of a list.
 *
 * A number says what follows it (`follows`); a string, a boolean and null stand for themselves.
 */
export interface PlanPiece {
  /** Names of the fields of objects, by numbers that go on from piece to piece. */
  readonly shapes: readonly (readonly string[])[];
  readonly tokens: readonly (string | number | boolean | null)[];
}

/** What stands behind a number among the tokens. */
const follows = {
  /** The number of its shape, then its fields' values. */
  object: 0,
  /** How many, then they. */
  list: 1,
  /** The number of an object, a list or bytes that came before: the very same is meant. */
  same: 2,
  /** Base64. */
  bytes: 3,
  number: 4,
} as const;

/** Work in one piece: a token counts one, and each 64 characters of text one more. Receiving it costs about a millisecond. */
export const pieceWork = 4000;

/**
 * Takes a value of objects, lists, bytes and plain values apart. What is the same object in several places will be the
 * same object again. Throws at what is none of these, and does not see fields that are undefined.
 */
export function* planPieces(root: unknown, work = pieceWork): Iterable<PlanPiece> {
  const known = new Map<object, number>();
  const shapes = new Map<string, number>();
  let piece: { shapes: string[][]; tokens: (string | number | boolean | null)[] } = { shapes: [], tokens: [] };
  let left = work;
  // What is still to be told, the next one last: a deep value needs no deep stack, and a long list no copy.
  const open: Iterator<unknown>[] = [[root].values()];

  function tell(...tokens: (string | number | boolean | null)[]): void {
    for (const token of tokens) {
      piece.tokens.push(token);
      left -= typeof token === "string" ? 1 + (token.length >> 6) : 1;
    }
  }

  function tellObject(value: object): void {
    const number = known.get(value);
    if (number !== undefined) return tell(follows.same, number);
    known.set(value, known.size);
    if (value instanceof Uint8Array) return tell(follows.bytes, Buffer.from(value).toString("base64"));
    if (Array.isArray(value)) {
      tell(follows.list, value.length);
      open.push(value.values());
      return undefined;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype)
      throw new TypeError(`a plan holds plain data, not ${Object.prototype.toString.call(value)}`);
    const fields = Object.entries(value).filter(([, one]) => one !== undefined);
    tell(follows.object, shapeOf(fields.map(([name]) => name)));
    open.push(fields.map(([, one]) => one as unknown).values());
    return undefined;
  }

  function shapeOf(names: string[]): number {
    const key = names.join("\n");
    const number = shapes.get(key);
    if (number !== undefined) return number;
    shapes.set(key, shapes.size);
    piece.shapes.push(names);
    left -= names.length;
    return shapes.size - 1;
  }

  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const { done, value } = last.next();
    if (done === true) open.pop();
    else if (typeof value === "number") tell(follows.number, finite(value));
    else if (typeof value === "string" || typeof value === "boolean" || value === null) tell(value);
    else if (typeof value === "object") tellObject(value);
    else throw new TypeError(`a plan holds plain data, not ${typeof value}`);
    if (left > 0) continue;
    yield piece;
    piece = { shapes: [], tokens: [] };
    left = work;
  }
  if (piece.tokens.length > 0) yield piece;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new TypeError(`a plan holds no ${value}`);
  return value;
}

/** Puts a value together again, piece by piece. */
export interface PlanBuilder {
  /** Takes the next piece. Throws when it cannot follow those before. */
  add(piece: PlanPiece): void;
  /** The value, once its last piece was taken. Throws before. */
  finish(): unknown;
}

interface Growing {
  readonly value: unknown[] | Record<string, unknown>;
  /** Null: a list. */
  readonly names: readonly string[] | null;
  readonly size: number;
  filled: number;
}

/** For the pieces of one value, in their order. */
export function openPlanBuilder(): PlanBuilder {
  const shapes: (readonly string[])[] = [];
  const known: unknown[] = [];
  const open: Growing[] = [];
  const result: unknown[] = [];
  let inner: Growing = { value: result, names: null, size: 1, filled: 0 };

  function grow(value: Growing["value"], names: readonly string[] | null, size: number): void {
    known.push(value);
    put(value);
    open.push(inner);
    inner = { value, names, size, filled: 0 };
  }

  function put(value: unknown): void {
    const { names } = inner;
    if (inner.filled >= inner.size) throw new RangeError("a piece of a plan has more than there is room for");
    if (names === null) (inner.value as unknown[]).push(value);
    else (inner.value as Record<string, unknown>)[names[inner.filled] as string] = value;
    inner.filled += 1;
  }

  function take(kind: number, operand: PlanPiece["tokens"][number] | undefined): void {
    if (kind === follows.number) put(operand);
    else if (kind === follows.list) grow([], null, countOf(operand));
    else if (kind === follows.same) put(known[indexOf(operand, known)]);
    else if (kind === follows.object) {
      const names = shapes[indexOf(operand, shapes)] as readonly string[];
      grow({}, names, names.length);
    } else if (kind === follows.bytes) {
      // A Buffer of its own memory would be another type, and a small one a part of a pool.
      const bytes = new Uint8Array(Buffer.from(String(operand), "base64"));
      known.push(bytes);
      put(bytes);
    } else throw new RangeError(`a piece of a plan has ${kind} for a kind`);
  }

  return {
    add({ shapes: more, tokens }) {
      for (const names of more) shapes.push(names);
      for (let at = 0; at < tokens.length; at += 1) {
        const token = tokens[at] as PlanPiece["tokens"][number];
        if (typeof token === "number") take(token, tokens[(at += 1)]);
        else put(token);
        while (inner.filled === inner.size && open.length > 0) inner = open.pop() as Growing;
      }
    },
    finish() {
      if (open.length > 0 || inner.filled !== 1) throw new RangeError("a plan ends before its last piece");
      return result[0];
    },
  };
}

function countOf(operand: unknown): number {
  if (typeof operand !== "number" || !Number.isSafeInteger(operand) || operand < 0)
    throw new RangeError(`a piece of a plan has ${String(operand)} for a count`);
  return operand;
}

function indexOf(operand: unknown, list: readonly unknown[]): number {
  const index = countOf(operand);
  if (index >= list.length) throw new RangeError(`a piece of a plan names number ${index} of ${list.length}`);
  return index;
}
