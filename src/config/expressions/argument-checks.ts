/** What fetches and converters ask of their arguments beyond the type. */
import type { SampleArgument } from "../../plan/sample.ts";
import type { RegexUse } from "../../regex/compile.ts";
import { regexComplaint } from "./regex-notices.ts";
import { variableComplaint } from "./variable-name.ts";

/** Looks at arguments that have the right types; HAProxy's words when they will not do, else null. */
export type ArgumentCheck = (values: readonly SampleArgument[]) => string | null;

function textOf(value: SampleArgument | undefined): string {
  return typeof value === "string" ? value : "";
}

const variable: ArgumentCheck = ([name]) => variableComplaint(textOf(name));

const checkDate: ArgumentCheck = ([, unit]) => dateUnit(unit);

function dateUnit(unit: SampleArgument | undefined): string | null {
  if (unit === undefined || ["s", "ms", "us"].includes(textOf(unit))) return null;
  return `expects 's', 'ms' or 'us', got '${textOf(unit)}'`;
}

const tcpInfoUnit: ArgumentCheck = ([unit]) =>
  ["", "us", "ms"].includes(textOf(unit)) ? null : `expects 'us' or 'ms', got '${textOf(unit)}'`;

const payload: ArgumentCheck = ([, length]) =>
  typeof length === "number" && length < 0 ? "payload length must be >= 0" : null;

const payloadLv: ArgumentCheck = ([, size, offset]) => {
  if (typeof size === "number" && size <= 0) return "payload length must be > 0";
  return offset === undefined || /^[+-]?[0-9]+$/.test(textOf(offset)) ? null : "payload offset2 is not a number";
};

/** A pair of hexadecimal digits for each byte; HAProxy's words for anything else. */
export function hexComplaint(text: string): string | null {
  if (text.length % 2 !== 0) return "an even number of hex digit is expected";
  const wrong = /[^0-9a-fA-F]/.exec(text)?.[0];
  return wrong === undefined ? null : `an hex digit is expected (found '${wrong}')`;
}

/** By name of the fetch. */
export const fetchChecks: ReadonlyMap<string, ArgumentCheck> = new Map<string, ArgumentCheck>([
  ["accept_date", ([unit]) => dateUnit(unit)],
  ["bin", ([text]) => hexComplaint(textOf(text))],
  [
    "bool",
    ([text]) =>
      ["true", "false", "1", "0"].includes(textOf(text).toLowerCase()) ? null : "Expects 'true', 'false', '0' or '1'",
  ],
  ["date", checkDate],
  ["payload", payload],
  ["payload_lv", payloadLv],
  ["req.payload", payload],
  ["req.payload_lv", payloadLv],
  ["res.payload", payload],
  ["res.payload_lv", payloadLv],
  [
    "uuid",
    ([version]) => (version === undefined || version === 4 ? null : `Unsupported UUID version: '${String(version)}'`),
  ],
  ["var", variable],
  ...["rtt", "rttvar"].flatMap((name) => [`fc_${name}`, `bc_${name}`].map((full) => [full, tcpInfoUnit] as const)),
]);

const registered: (index: number) => ArgumentCheck = (index) => (values) => {
  const name = textOf(values[index]);
  return name === "" || variableComplaint(name) === null ? null : `failed to register variable name '${name}'`;
};

const indexed: ArgumentCheck = ([index, separators]) => {
  if (index === 0) return "Unexpected value 0 for index";
  return separators === "" ? "Empty separators list" : null;
};

const jsonCodes = new Set(["", "ascii", "utf8", "utf8s", "utf8p", "utf8ps"]);
const setVarConditions = new Set([
  "ifexists",
  "ifnotexists",
  "ifempty",
  "ifnotempty",
  "ifset",
  "ifnotset",
  "ifgt",
  "iflt",
]);
const digests = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", "sha3-224"];
for (const digest of ["sha3-256", "sha3-384", "sha3-512", "rmd160", "ripemd160"]) digests.push(digest);

const digest: ArgumentCheck = ([name]) =>
  digests.includes(textOf(name).toLowerCase()) ? null : "algorithm must be a valid OpenSSL message digest name.";

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const hmac: ArgumentCheck = ([name, key]) => {
  const wrong = digest([name ?? ""]);
  if (wrong !== null || variableComplaint(textOf(key)) === null || base64.test(textOf(key))) return wrong;
  return "failed to parse key : argument needs to be base64 encoded, and can either be a string or a variable";
};

const regsub: ArgumentCheck = ([, , flags]) => {
  const wrong = /[^ig]/.exec(textOf(flags))?.[0];
  return wrong === undefined ? null : `invalid regex flag '${wrong}', only 'i' and 'g' are supported`;
};

const chunked: ArgumentCheck = ([, size, truncate]) => {
  if (typeof size === "number" && size <= 0) return `chunk_size <= 0 (${size})`;
  return typeof truncate === "number" && truncate !== 0 && truncate !== 1
    ? `Unsupported truncate value (${truncate})`
    : null;
};

/** By name of the converter. */
export const converterChecks: ReadonlyMap<string, ArgumentCheck> = new Map<string, ArgumentCheck>([
  ["add_item", registered(1)],
  [
    "be2dec",
    ([, size]) =>
      typeof size === "number" && (size < 1 || size > 8) ? `chunk_size out of [1..8] range (${size})` : null,
  ],
  ["be2hex", chunked],
  ["concat", registered(1)],
  ["digest", digest],
  ["field", indexed],
  ["hmac", hmac],
  ["http_date", checkDate],
  [
    "json",
    ([code]) =>
      jsonCodes.has(textOf(code))
        ? null
        : "Unexpected input code type. Allowed value are 'ascii', 'utf8', 'utf8s', 'utf8p' and 'utf8ps'",
  ],
  ["regsub", regsub],
  ["secure_memcmp", registered(0)],
  [
    "set-var",
    ([name, ...conditions]) => {
      const unknown = conditions.find((one) => !isSetVarCondition(textOf(one)));
      return (
        variableComplaint(textOf(name)) ?? (unknown === undefined ? null : `unknown condition "${textOf(unknown)}"`)
      );
    },
  ],
  [
    "sha2",
    ([bits]) => {
      const isKnown = bits === undefined || [224, 256, 384, 512].includes(Number(bits));
      return isKnown ? null : `Unsupported number of bits: '${String(bits)}'`;
    },
  ],
  ["strcmp", registered(0)],
  ["unset-var", variable],
  [
    "url_enc",
    ([type]) => (["", "query"].includes(textOf(type)) ? null : "Unexpected encode type. Allowed value is 'query'"),
  ],
  ["word", indexed],
]);

/** Whether a word is a condition of `set-var(name,condition…)`; an empty one is none, and allowed. */
export function isSetVarCondition(condition: string): boolean {
  return condition === "" || setVarConditions.has(condition);
}

/** What is wrong with a regular expression argument; null when nothing is. */
export function regexArgumentComplaint(values: readonly SampleArgument[], converter: string): string | null {
  return converter === "regsub" ? regexComplaint(textOf(values[0]), regsubUse(values)) : null;
}

/** How `regsub` uses its first argument. */
export function regsubUse(values: readonly SampleArgument[]): RegexUse {
  const flags = textOf(values[2]);
  return { ignoreCase: flags.includes("i"), everywhere: flags.includes("g"), hasGroups: true };
}
