/** Converters that hash: the short ones of load balancing, xxHash, and digests by name. */
import { createHash, createHmac } from "node:crypto";
import { crc32c } from "../../wire/crc32c.ts";
import { numberArgument, textArgument } from "../samples/arguments.ts";
import { fromBase64 } from "./bytes.ts";
import type { Converter, ConverterCompiler } from "../expression.ts";
import { avalanche, crc32, djb2, sdbm, wt6, xxh32, xxh64 } from "../value/hash.ts";
import type { Sample, SampleContext } from "../context.ts";
import { bin, sint } from "../value/sample.ts";
import { xxh3 } from "../value/xxh3.ts";
import { wordTable } from "../../word-table.ts";

function ofBytes(convert: (bytes: Uint8Array, context: SampleContext) => Sample | undefined): Converter {
  return {
    input: "bin",
    apply: (sample, context) => (sample.type === "bin" ? convert(sample.value, context) : undefined),
  };
}

/** A 32-bit hash; the argument asks for an avalanche. */
function short(hash: (bytes: Uint8Array) => number): ConverterCompiler {
  return (args) => {
    const spread = numberArgument(args, 0) !== 0;
    return ofBytes((bytes) => sint(spread ? avalanche(hash(bytes)) : hash(bytes)));
  };
}

function digest(algorithm: string): Converter {
  return ofBytes((bytes) => bin(new Uint8Array(createHash(algorithm).update(bytes).digest())));
}

export const hashConverters = wordTable<ConverterCompiler>({
  sdbm: short(sdbm),
  djb2: short(djb2),
  wt6: short(wt6),
  crc32: short(crc32),
  crc32c: short(crc32c),
  xxh32: (args) => {
    const seed = numberArgument(args, 0);
    return ofBytes((bytes) => sint(xxh32(bytes, seed)));
  },
  xxh64: (args) => {
    const seed = BigInt.asUintN(64, BigInt(numberArgument(args, 0)));
    return ofBytes((bytes) => sint(xxh64(bytes, seed)));
  },
  xxh3: (args) => {
    const seed = BigInt.asUintN(64, BigInt(numberArgument(args, 0)));
    return ofBytes((bytes) => sint(xxh3(bytes, seed)));
  },
  sha1: () => digest("sha1"),
  sha2: (args) => digest(`sha${numberArgument(args, 0, 256)}`),
  digest: (args) => digest(textArgument(args, 0).toLowerCase()),
  hmac: (args) => {
    const algorithm = textArgument(args, 0).toLowerCase();
    const key = textArgument(args, 1);
    const isVariable = /^(proc|sess|txn|req|res|check)\./.test(key);
    const fixed = isVariable ? undefined : fromBase64(key);
    return ofBytes((bytes, context) => {
      const secret = isVariable ? keyOf(context, key) : fixed;
      if (secret === undefined) return undefined;
      return bin(new Uint8Array(createHmac(algorithm, secret).update(bytes).digest()));
    });
  },
});

/** A key kept in a variable, in base64. */
function keyOf(context: SampleContext, name: string): Uint8Array | undefined {
  const sample = context.variables.get(name);
  if (sample?.type === "bin") return fromBase64(Buffer.from(sample.value).toString("latin1"));
  return sample?.type === "str" ? fromBase64(sample.value) : undefined;
}
