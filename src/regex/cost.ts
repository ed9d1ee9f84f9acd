/**
 * What an expression costs a backtracking engine at worst, counted in steps: whether the runtime's own may have it.
 *
 * Each node is reckoned with what follows it (its rest), from the end to the beginning, as the engine goes from the beginning to the
 * end and back. A repetition that ends where its rest may begin is tried at one place only; another one at each place that it can
 * give back, and then its rest must cost the same wherever it is tried. Whatever is not seen to be cheap here counts as dear.
 */
import { type ByteSet, has, intersect, nothing, only, union } from "./bytes.ts";
import { includes, type Node, widthOf } from "./node.ts";

/** Steps: so many, and so many for each byte of the subject. */
interface Steps {
  readonly fixed: number;
  readonly perByte: number;
}

/** From a place in the expression to its end. */
interface Rest {
  /** Bytes that the first step may take. */
  readonly first: ByteSet;
  /** It may get past its first step whatever byte comes. */
  readonly isOpen: boolean;
  readonly canFail: boolean;
  /** Steps to see that it fails where a byte stands that is none of `first`. */
  readonly reject: number;
  /** An attempt that fails; any attempt; and what one that succeeds does beyond taking what it found. */
  readonly fail: Steps;
  readonly run: Steps;
  readonly beyond: Steps;
}

/** Over a full buffer of 16 KiB some 10 ms at the very worst; ordinary expressions need a handful. */
const maxStepsPerByte = 256;
const maxFixedSteps = 100_000;
/** Nodes that are looked at, repetitions unrolled: beyond that it counts as dear. */
const maxVisits = 20_000;

const none: Steps = { fixed: 0, perByte: 0 };

/** The end of the whole: a match. */
const accept: Rest = {
  first: nothing,
  isOpen: true,
  canFail: false,
  reject: 0,
  fail: none,
  run: none,
  beyond: none,
};

class Dear extends Error {}

/**
 * Whether searching any subject takes at most 256 steps for each of its bytes (and 100,000 in all besides).
 *
 * `everywhere`: all matches are looked for, one after the other.
 */
export function isCheap(node: Node, everywhere: boolean): boolean {
  try {
    const whole = new Reckoner().from(node, accept);
    // Where it fails at one place it is tried at the next.
    const search = beginsAtStart(node)
      ? plus(whole.run, { fixed: 0, perByte: 1 })
      : plus(whole.run, { fixed: 0, perByte: whole.fail.fixed + 1 });
    if (!beginsAtStart(node) && whole.fail.perByte > 0) return false;
    if (everywhere && whole.beyond.perByte > 0) return false;
    const perByte = search.perByte + (everywhere ? whole.beyond.fixed + whole.run.fixed : 0);
    return perByte <= maxStepsPerByte && search.fixed <= maxFixedSteps;
  } catch (error) {
    if (error instanceof Dear) return false;
    throw error;
  }
}

/** Whether it can match at the beginning of the subject only. */
function beginsAtStart(node: Node): boolean {
  switch (node.kind) {
    case "place":
      return node.place === "start";
    case "sequence":
      return node.items.length > 0 && beginsAtStart(node.items[0] as Node);
    case "choice":
      return node.items.every(beginsAtStart);
    case "group":
    case "atomic":
      return beginsAtStart(node.item);
    case "repeat":
      return node.min > 0 && beginsAtStart(node.item);
    default:
      return false;
  }
}

class Reckoner {
  #visits = 0;
  /** No place so far where more than one way could be gone. */
  #isDetermined = true;

  from(node: Node, rest: Rest): Rest {
    if (++this.#visits > maxVisits) throw new Dear();
    switch (node.kind) {
      case "set":
        return step(node.set, rest);
      case "sequence":
        return node.items.reduceRight((behind, item) => this.from(item, behind), rest);
      case "choice":
        return this.#either(node.items.map((item) => this.from(item, rest)));
      case "group":
        return this.from(node.item, rest);
      case "place":
        return atPlace(node.place, rest);
      case "repeat":
        return this.#repeat(node, rest);
      case "look":
        return this.#beside(this.from(node.item, accept).run, rest);
      case "atomic":
        return this.#atomic(node.item, rest);
      case "reference":
        throw new Dear();
    }
  }

  /** What is looked at beside the way, and then `rest`. */
  #beside(look: Steps, rest: Rest): Rest {
    this.#isDetermined = false;
    return {
      ...rest,
      isOpen: true,
      canFail: true,
      fail: plus(look, rest.fail),
      run: plus(look, rest.run),
      beyond: plus(look, rest.beyond),
    };
  }

  /** Written as a look ahead and a reference to what it found, which is gone through twice; its own ways are not gone again. */
  #atomic(item: Node, rest: Rest): Rest {
    const own = this.from(item, accept);
    this.#isDetermined = false;
    const twice = plus(own.run, own.run);
    return {
      first: own.isOpen ? union(own.first, rest.first) : own.first,
      isOpen: own.isOpen,
      canFail: true,
      reject: own.reject + 1,
      fail: plus(twice, rest.fail),
      run: plus(twice, rest.run),
      beyond: plus(own.beyond, rest.beyond),
    };
  }

  /** Choices are tried in turn: those that begin with the byte that is there. */
  #either(choices: readonly Rest[]): Rest {
    const fail = { fixed: 0, perByte: 0 };
    const run = { fixed: 0, perByte: 0 };
    if (isDetermined(choices)) {
      for (const one of choices) {
        raise(fail, one.fail);
        raise(run, one.run);
      }
    } else {
      this.#isDetermined = false;
      for (let byte = 0; byte < 256; byte++) {
        const tried = choices.filter((one) => one.isOpen || has(one.first, byte));
        raise(fail, sum(tried.map((one) => one.fail)));
        raise(run, sum(tried.map((one) => one.run)));
      }
    }
    const reject = choices.reduce((all, one) => all + one.reject, 0);
    const canFail = choices.every((one) => one.canFail);
    const beyond = { fixed: 0, perByte: 0 };
    for (const one of choices) raise(beyond, one.beyond);
    const passing = { fixed: reject, perByte: 0 };
    return {
      first: choices.map((one) => one.first).reduce(union),
      isOpen: choices.some((one) => one.isOpen),
      canFail,
      reject,
      fail: plus(fail, passing),
      run: plus(run, passing),
      beyond: choices.length > 1 ? plus(beyond, plus(fail, passing)) : beyond,
    };
  }

  #repeat(node: Node & { kind: "repeat" }, rest: Rest): Rest {
    if (node.max === 0) return rest;
    if (node.mode === "possessive") return this.#atomic({ ...node, mode: "greedy" }, rest);
    if (node.item.kind === "set") return this.#run(node.item.set, node, rest);
    if (node.max !== Number.POSITIVE_INFINITY) return this.#times(node.item, node.min, node.max, rest);
    const loop = this.#loop(node.item, rest);
    return node.min === 0 ? loop : this.#times(node.item, node.min, node.min, loop);
  }

  /** One byte again and again. */
  #run(set: ByteSet, node: Node & { kind: "repeat" }, rest: Rest): Rest {
    const { min, max } = node;
    const isEndless = max === Number.POSITIVE_INFINITY;
    const length: Steps = isEndless ? { fixed: min, perByte: 1 } : { fixed: max, perByte: 0 };
    const isMixed = rest.canFail && (rest.isOpen || intersect(set, rest.first));
    if (isMixed) this.#isDetermined = false;
    // How often the rest is tried in vain: where it cannot begin that costs what it takes to see that.
    let vain = times(length, 1 + rest.reject);
    if (isMixed) vain = isEndless ? everywhereIn(length, rest.fail) : plus(length, times(rest.fail, max - min + 1));
    if (!rest.canFail) vain = length;
    const isAlwaysMore = node.mode === "lazy" && rest.fail.perByte === 0;
    return {
      first: min > 0 ? set : union(set, rest.first),
      isOpen: min === 0 && rest.isOpen,
      canFail: min > 0 || rest.canFail,
      reject: min > 0 ? 1 : 1 + rest.reject,
      fail: rest.canFail ? plus(vain, rest.fail) : { fixed: min + 1, perByte: 0 },
      run: plus(vain, rest.run),
      beyond:
        isMixed && !isAlwaysMore ? plus(vain, rest.beyond) : plus(rest.beyond, { fixed: 1 + rest.reject, perByte: 0 }),
    };
  }

  /** Unrolled: item and all that follows it, or what follows alone. */
  #times(item: Node, min: number, max: number, rest: Rest): Rest {
    let following = rest;
    for (let count = max; count > 0; count--) {
      const once = this.from(item, following);
      following = count > min ? this.#either([once, rest]) : once;
    }
    return following;
  }

  /** Again and again, where each byte tells which way to go: then all ways back cost no more than the way there. */
  #loop(item: Node, rest: Rest): Rest {
    if (widthOf(item).min === 0) throw new Dear();
    const before = this.#isDetermined;
    const start = this.from(item, { ...accept, canFail: true });
    this.#isDetermined = true;
    if (start.isOpen) throw new Dear();
    const again: Rest = {
      first: union(start.first, rest.first),
      isOpen: rest.isOpen && rest.canFail,
      canFail: true,
      reject: start.reject + rest.reject,
      fail: none,
      run: none,
      beyond: none,
    };
    const once = this.from(item, again);
    const isMixed = rest.canFail && (rest.isOpen || intersect(start.first, rest.first));
    if (!this.#isDetermined || isMixed) throw new Dear();
    this.#isDetermined = before;
    const perByte = 2 * (once.run.fixed + once.run.perByte + again.reject + 1);
    const way: Steps = { fixed: perByte, perByte };
    return {
      first: again.first,
      isOpen: rest.isOpen,
      canFail: rest.canFail,
      reject: again.reject,
      fail: plus(way, rest.fail),
      run: plus(way, rest.run),
      beyond: plus(once.fail, rest.beyond),
    };
  }
}

/** Whether the next byte tells which of them to try. */
function isDetermined(choices: readonly Rest[]): boolean {
  let seen = nothing;
  for (const { first, isOpen } of choices) {
    if (isOpen || intersect(seen, first)) return false;
    seen = union(seen, first);
  }
  return true;
}

function step(set: ByteSet, rest: Rest): Rest {
  const one: Steps = { fixed: 1, perByte: 0 };
  return {
    first: set,
    isOpen: false,
    canFail: true,
    reject: 1,
    fail: plus(one, rest.fail),
    run: plus(one, rest.run),
    beyond: rest.beyond,
  };
}

function atPlace(place: (Node & { kind: "place" })["place"], rest: Rest): Rest {
  const look: Steps = { fixed: 3, perByte: 0 };
  const isEnd = place === "end" || place === "very-end";
  return {
    first: isEnd ? (place === "end" ? only(0x0a) : nothing) : rest.first,
    // What lies behind the end is no byte.
    isOpen: !isEnd && (rest.isOpen || place === "line-end"),
    canFail: true,
    reject: 3 + (isEnd ? 0 : rest.reject),
    fail: plus(look, rest.fail),
    run: plus(look, rest.run),
    beyond: plus(look, rest.beyond),
  };
}

/** A rest that is tried at every byte. */
function everywhereIn(length: Steps, rest: Steps): Steps {
  if (rest.perByte > 0) throw new Dear();
  return times(length, 1 + rest.fixed);
}

function plus(one: Steps, other: Steps): Steps {
  return { fixed: one.fixed + other.fixed, perByte: one.perByte + other.perByte };
}

function times(steps: Steps, count: number): Steps {
  return { fixed: steps.fixed * count, perByte: steps.perByte * count };
}

function sum(list: readonly Steps[]): Steps {
  return list.reduce(plus, none);
}

function raise(steps: { fixed: number; perByte: number }, to: Steps): void {
  steps.fixed = Math.max(steps.fixed, to.fixed);
  steps.perByte = Math.max(steps.perByte, to.perByte);
}

/**
 * Whether JavaScript's engine finds something else than PCRE may: it tries no turn of a repetition that takes nothing, and at each
 * turn forgets what groups found in the one before.
 */
export function isPeculiar(node: Node, hasGroups: boolean): boolean {
  return includes(node, (one) => {
    if (one.kind !== "repeat") return false;
    // A single turn may take nothing only where it must be.
    if (widthOf(one.item).min === 0 && (one.max !== 1 || one.min === 0)) return true;
    return one.max !== 1 && hasGroups && includes(one.item, (inner) => inner.kind === "group");
  });
}

/**
 * Possessive repetitions that give nothing back anyway, as greedy ones: of a byte that what follows in the same sequence cannot
 * begin with, and at the end of the whole.
 */
export function settle(node: Node, isLast = true): Node {
  switch (node.kind) {
    case "sequence": {
      const items = node.items.map((item, index) => settle(item, isLast && index === node.items.length - 1));
      return { kind: "sequence", items: items.map((item, index) => settleRun(item, items.slice(index + 1), isLast)) };
    }
    case "choice":
      return { kind: "choice", items: node.items.map((item) => settle(item, isLast)) };
    case "repeat": {
      const item = settle(node.item, false);
      return settleRun({ ...node, item }, [], isLast);
    }
    case "group":
      return { ...node, item: settle(node.item, isLast) };
    case "look":
    case "atomic":
      return { ...node, item: settle(node.item, true) };
    default:
      return node;
  }
}

function settleRun(node: Node, behind: readonly Node[], isLast: boolean): Node {
  if (node.kind !== "repeat" || node.mode !== "possessive" || node.item.kind !== "set") return node;
  if (behind.length === 0) return isLast ? { ...node, mode: "greedy" } : node;
  let rest: Rest;
  try {
    rest = new Reckoner().from({ kind: "sequence", items: behind }, accept);
  } catch (error) {
    if (error instanceof Dear) return node;
    throw error;
  }
  return rest.isOpen || intersect(node.item.set, rest.first) ? node : { ...node, mode: "greedy" };
}
