/** What a computation costs, counted and not timed: the same in every run. */

type Method = (this: unknown, ...words: never[]) => unknown;

/** Methods whose callback is counted whenever it is called. */
const withCallback = new Set(
  "every filter find findIndex findLast findLastIndex flatMap forEach map reduce some".split(" "),
);

/** Those that are counted and the others, which count as each element. */
const arrayMethods = [...withCallback, "flat", "includes", "indexOf", "join", "slice", "toReversed", "toSorted"];

/**
 * How often `run` visits an element of a list, a map or a set, and looks one up, and how many letters it copies out of texts.
 * Loops by index are not seen.
 */
export async function visitsOf(run: () => unknown): Promise<number> {
  let visits = 0;
  const undo: (() => void)[] = [];
  const replace = (owner: object, name: PropertyKey, make: (former: Method) => Method): void => {
    const former = Object.getOwnPropertyDescriptor(owner, name);
    if (former === undefined) throw new Error(`no ${String(name)}`);
    Object.defineProperty(owner, name, { ...former, value: make(former.value as Method) });
    undo.push(() => Object.defineProperty(owner, name, former));
  };
  for (const name of arrayMethods) {
    replace(Array.prototype, name, (former) =>
      withCallback.has(name)
        ? function (this: unknown, ...words: never[]) {
            const [callback, ...rest] = words as unknown as [Method, ...never[]];
            const counted = function (this: unknown, ...inner: never[]): unknown {
              visits += 1;
              return callback.apply(this, inner);
            };
            return former.apply(this, [counted as never, ...rest]);
          }
        : function (this: unknown, ...words: never[]) {
            visits += (this as readonly unknown[]).length;
            return former.apply(this, words);
          },
    );
  }
  for (const list of [[], new Map(), new Set()]) {
    const next = Object.getPrototypeOf(list[Symbol.iterator]()) as object;
    replace(
      next,
      "next",
      (former) =>
        function (this: unknown) {
          visits += 1;
          return former.apply(this);
        },
    );
  }
  for (const [owner, names] of [
    [Map.prototype, ["get", "has", "set"]],
    [Set.prototype, ["has", "add"]],
  ] as const) {
    for (const name of names) {
      replace(
        owner,
        name,
        (former) =>
          function (this: unknown, ...words: never[]) {
            visits += 1;
            return former.apply(this, words);
          },
      );
    }
  }
  for (const name of ["slice", "replaceAll", "split"]) {
    replace(
      String.prototype,
      name,
      (former) =>
        function (this: unknown, ...words: never[]) {
          const result = former.apply(this, words) as string | readonly string[];
          visits += result.length;
          return result;
        },
    );
  }
  try {
    await run();
  } finally {
    for (const one of undo.toReversed()) one();
  }
  return visits;
}
