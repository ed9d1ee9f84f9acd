/** Converters that reckon with 64-bit integers; sums and products stop at the ends of their range. */
import { integerOrVariable } from "../samples/arguments.ts";
import type { ConverterCompiler } from "../expression.ts";
import { bool, sint, uint32Bytes, bin } from "../value/sample.ts";
import { wordTable } from "../../word-table.ts";

const largest = 0x7fffffffffffffffn;
const smallest = -0x8000000000000000n;

function bounded(value: bigint): bigint {
  if (value > largest) return largest;
  return value < smallest ? smallest : value;
}

/** A converter with a number, or a variable's name, as its argument. */
function binary(reckon: (left: bigint, right: bigint) => bigint): ConverterCompiler {
  return (args) => {
    const operand = integerOrVariable(args, 0);
    return {
      input: "sint",
      apply: (sample, context) => {
        const right = operand(context);
        if (sample.type !== "sint" || right === undefined) return undefined;
        return sint(bounded(reckon(sample.value, right)));
      },
    };
  };
}

function unary(reckon: (value: bigint) => bigint): ConverterCompiler {
  return () => ({
    input: "sint",
    apply: (sample) => (sample.type === "sint" ? sint(bounded(reckon(sample.value))) : undefined),
  });
}

function predicate(holds: (value: bigint) => boolean): ConverterCompiler {
  return () => ({
    input: "sint",
    apply: (sample) => (sample.type === "sint" ? bool(holds(sample.value)) : undefined),
  });
}

export const numberConverters = wordTable<ConverterCompiler>({
  add: binary((left, right) => left + right),
  sub: binary((left, right) => left - right),
  mul: binary((left, right) => left * right),
  div: binary((left, right) => (right === 0n ? largest : left / right)),
  mod: binary((left, right) => (right === 0n ? 0n : left % right)),
  and: binary((left, right) => left & right),
  or: binary((left, right) => left | right),
  xor: binary((left, right) => left ^ right),
  cpl: unary((value) => ~value),
  neg: unary((value) => -value),
  bool: predicate((value) => value !== 0n),
  not: predicate((value) => value === 0n),
  even: predicate((value) => (value & 1n) === 0n),
  odd: predicate((value) => (value & 1n) === 1n),
  htonl: () => ({
    input: "sint",
    apply: (sample) =>
      sample.type === "sint" ? bin(uint32Bytes(Number(BigInt.asUintN(32, sample.value)))) : undefined,
  }),
});
