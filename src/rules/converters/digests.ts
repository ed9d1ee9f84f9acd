/** Converters that hash: the short ones of load balancing, xxHash, and digests by name. */
import {
  type ArgumentCheck,
  type Convert,
  converter,
  type ConverterCompiler,
  type ConverterRow,
} from "../samples/rows.ts";
import { crc32c } from "../../wire/crc32c.ts";
import { bytesOrVariable, numberArgument, textArgument } from "../samples/arguments.ts";
import { bytesOrVariableAt, textOf } from "../samples/argument-checks.ts";
import { cryptoLibrary } from "../value/crypto-library.ts";
import { avalanche, crc32, djb2, sdbm, wt6, xxh32, xxh64 } from "../value/hash.ts";
import type { SampleContext } from "../context.ts";
import { type Sample, bin, sint } from "../value/sample.ts";
import { xxh3 } from "../value/xxh3.ts";

function ofBytes(convert: (bytes: Uint8Array, context: SampleContext) => Sample | undefined): Convert {
  return (sample, context) => (sample.type === "bin" ? convert(sample.value, context) : undefined);
}

/** A 32-bit hash; the argument asks for an avalanche. */
function short(hash: (bytes: Uint8Array) => number): ConverterCompiler {
  return (args) => {
    const spread = numberArgument(args, 0) !== 0;
    return ofBytes((bytes) => sint(spread ? avalanche(hash(bytes)) : hash(bytes)));
  };
}

function digest(algorithm: string): Convert {
  const { createHash } = cryptoLibrary();
  return ofBytes((bytes) => bin(new Uint8Array(createHash(algorithm).update(bytes).digest())));
}

const names = [
  ..."md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256".split(" "),
  ..."sha3-224 sha3-256 sha3-384 sha3-512 rmd160 ripemd160".split(" "),
];

const checkDigest: ArgumentCheck = ([name]) =>
  names.includes(textOf(name).toLowerCase()) ? null : "algorithm must be a valid OpenSSL message digest name.";

const checkHmacKey = bytesOrVariableAt(1, "key");
const checkHmac: ArgumentCheck = (values) => checkDigest(values) ?? checkHmacKey(values);

const checkBits: ArgumentCheck = ([bits]) => {
  const isKnown = bits === undefined || [224, 256, 384, 512].includes(Number(bits));
  return isKnown ? null : `Unsupported number of bits: '${String(bits)}'`;
};

/** The converters of this file. */
export const digestConverters: readonly ConverterRow[] = [
  converter("crc32([integer]): bin -> sint", short(crc32)),
  converter("crc32c([integer]): bin -> sint", short(crc32c)),
  converter("digest(string): bin -> bin", (args) => digest(textArgument(args, 0).toLowerCase()), {
    check: checkDigest,
  }),
  converter("djb2([integer]): bin -> sint", short(djb2)),
  converter(
    "hmac(string,string): bin -> bin",
    (args) => {
      const { createHmac } = cryptoLibrary();
      const algorithm = textArgument(args, 0).toLowerCase();
      const key = bytesOrVariable(args, 1);
      return ofBytes((bytes, context) => {
        const secret = key(context);
        if (secret === undefined) return undefined;
        return bin(new Uint8Array(createHmac(algorithm, secret).update(bytes).digest()));
      });
    },
    { check: checkHmac },
  ),
  converter("sdbm([integer]): bin -> sint", short(sdbm)),
  converter("sha1: bin -> bin", () => digest("sha1")),
  converter("sha2([integer]): bin -> bin", (args) => digest(`sha${numberArgument(args, 0, 256)}`), {
    check: checkBits,
  }),
  converter("wt6([integer]): bin -> sint", short(wt6)),
  converter("xxh3([integer]): bin -> sint", (args) => {
    const seed = BigInt.asUintN(64, BigInt(numberArgument(args, 0)));
    return ofBytes((bytes) => sint(xxh3(bytes, seed)));
  }),
  converter("xxh32([integer]): bin -> sint", (args) => {
    const seed = numberArgument(args, 0);
    return ofBytes((bytes) => sint(xxh32(bytes, seed)));
  }),
  converter("xxh64([integer]): bin -> sint", (args) => {
    const seed = BigInt.asUintN(64, BigInt(numberArgument(args, 0)));
    return ofBytes((bytes) => sint(xxh64(bytes, seed)));
  }),
];
