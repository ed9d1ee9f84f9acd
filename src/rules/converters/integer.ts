/** Converters that reckon with 64-bit integers; sums and products stop at the ends of their range. */
import { converter, type ConverterRow } from "../samples/rows.ts";
import { integerOrVariable } from "../samples/arguments.ts";
import { bool, sint, uint32Bytes, bin } from "../value/sample.ts";

const largest = 0x7fffffffffffffffn;
const smallest = -0x8000000000000000n;

function bounded(value: bigint): bigint {
  if (value > largest) return largest;
  return value < smallest ? smallest : value;
}

/** A converter with a number, or a variable's name, as its argument. */
function binary(form: string, reckon: (left: bigint, right: bigint) => bigint): ConverterRow {
  return converter(form, (args) => {
    const operand = integerOrVariable(args, 0);
    return (sample, context) => {
      const right = operand(context);
      if (sample.type !== "sint" || right === undefined) return undefined;
      return sint(bounded(reckon(sample.value, right)));
    };
  });
}

function unary(form: string, reckon: (value: bigint) => bigint): ConverterRow {
  return converter(form, () => (sample) => (sample.type === "sint" ? sint(bounded(reckon(sample.value))) : undefined));
}

function predicate(form: string, holds: (value: bigint) => boolean): ConverterRow {
  return converter(form, () => (sample) => (sample.type === "sint" ? bool(holds(sample.value)) : undefined));
}

/** The converters of this file. */
export const integerConverters: readonly ConverterRow[] = [
  binary("add(number or variable): sint -> sint", (left, right) => left + right),
  binary("and(number or variable): sint -> sint", (left, right) => left & right),
  predicate("bool: sint -> bool", (value) => value !== 0n),
  unary("cpl: sint -> sint", (value) => ~value),
  binary("div(number or variable): sint -> sint", (left, right) => (right === 0n ? largest : left / right)),
  predicate("even: sint -> bool", (value) => (value & 1n) === 0n),
  converter(
    "htonl: sint -> bin",
    () => (sample) => (sample.type === "sint" ? bin(uint32Bytes(Number(BigInt.asUintN(32, sample.value)))) : undefined),
  ),
  binary("mod(number or variable): sint -> sint", (left, right) => (right === 0n ? 0n : left % right)),
  binary("mul(number or variable): sint -> sint", (left, right) => left * right),
  unary("neg: sint -> sint", (value) => -value),
  predicate("not: sint -> bool", (value) => value === 0n),
  predicate("odd: sint -> bool", (value) => (value & 1n) === 1n),
  binary("or(number or variable): sint -> sint", (left, right) => left | right),
  binary("sub(number or variable): sint -> sint", (left, right) => left - right),
  binary("xor(number or variable): sint -> sint", (left, right) => left ^ right),
];
