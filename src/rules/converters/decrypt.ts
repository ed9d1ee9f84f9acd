/** The converter that decrypts: AES in Galois/counter mode (NIST SP 800-38D). */
import { bytesOrVariable, numberArgument } from "../samples/arguments.ts";
import { bytesOrVariableAt } from "../samples/argument-checks.ts";
import { type ArgumentCheck, converter, type ConverterCompiler, type ConverterRow } from "../samples/rows.ts";
import { cryptoLibrary } from "../value/crypto-library.ts";
import { bin } from "../value/sample.ts";

const checks = [bytesOrVariableAt(1, "nonce"), bytesOrVariableAt(2, "key"), bytesOrVariableAt(3, "aead_tag")];

const checkArguments: ArgumentCheck = (values) => {
  if (![128, 192, 256].includes(Number(values[0]))) return "key size must be 128, 192 or 256 (bits).";
  return checks.map((check) => check(values)).find((complaint) => complaint !== null) ?? null;
};

/** A shorter tag than the standard's can be guessed; HAProxy takes one of a byte. */
const leastTagBytes = 12;

/** Of a key that is too long HAProxy takes the beginning. Nothing comes of what is empty, or was not encrypted so. */
const decrypt: ConverterCompiler = (args) => {
  const { createDecipheriv } = cryptoLibrary();
  const bits = numberArgument(args, 0);
  const algorithm = `aes-${bits}-gcm` as "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm";
  const [nonceOf, keyOf, tagOf] = [bytesOrVariable(args, 1), bytesOrVariable(args, 2), bytesOrVariable(args, 3)];
  return (sample, context) => {
    const nonce = nonceOf(context);
    const key = keyOf(context)?.subarray(0, bits / 8);
    const tag = tagOf(context);
    if (sample.type !== "bin" || sample.value.length === 0 || nonce === undefined || key === undefined)
      return undefined;
    if (tag === undefined || tag.length < leastTagBytes) return undefined;
    try {
      const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tag.length });
      decipher.setAuthTag(tag);
      return bin(new Uint8Array(Buffer.concat([decipher.update(sample.value), decipher.final()])));
    } catch {
      // A nonce, key or tag of a wrong length, or a tag that does not fit.
      return undefined;
    }
  };
};

/** The converters of this file. */
export const decryptConverters: readonly ConverterRow[] = [
  converter("aes_gcm_dec(integer,string,string,string): bin -> bin", decrypt, { check: checkArguments }),
];
