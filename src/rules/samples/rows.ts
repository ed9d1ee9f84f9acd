/** The row of a sample fetch and of a converter: all that is known of the word, beside its function. */
import type { SampleArgument } from "../../plan/rules/sample.ts";
import type { AclTest, PatternUse } from "../../plan/rules/acl.ts";
import type { RegexUse } from "../../regex/compile.ts";
import type { SampleContext } from "../context.ts";
import type { Tables } from "../stick/tables.ts";
import type { Sample, SampleType } from "../value/sample.ts";
import { nameIn, readSignature, type Signature } from "./signature.ts";
import type { Source } from "./sites.ts";

/** What stands in the parentheses, checked; what was left out at the end is not there. */
export type Arguments = readonly SampleArgument[];

/** Looks at arguments that have the right types; HAProxy's words when they will not do, else null. */
export type ArgumentCheck = (values: Arguments) => string | null;

/** What an expression is compiled in: what its fetches and converters may lean on. */
export interface CompileContext {
  readonly tables: Tables;
  /** The frontend or backend the expression stands in, for arguments that default to it; null: told by the session. */
  readonly proxy: string | null;
}

/** Undefined: there is no such value; "wait": there may be one once more bytes have come. */
export type Evaluate = (context: SampleContext) => Sample | undefined | "wait";

/** Makes a fetch with these arguments ready to run. */
export type FetchCompiler = (args: Arguments, within: CompileContext) => Evaluate;

/** All values that an ACL tries one after the other, of those of which anything else gets one; undefined: with these arguments it gets one, too. */
export type EvaluateAll = (context: SampleContext) => readonly Sample[] | "wait";
export type AllCompiler = (args: Arguments, within: CompileContext) => EvaluateAll | undefined;

/** Makes something of a sample, which has been cast to the row's `input` before. "wait": of these bytes it cannot be said yet. */
export type Convert = (sample: Sample, context: SampleContext) => Sample | undefined | "wait";

/** Makes a converter with these arguments ready to run. */
export type ConverterCompiler = (args: Arguments, within: CompileContext) => Convert;

/** A word by which ACLs alone know a fetch, or mean another one. */
export interface AclKeyword {
  readonly name: string;
  /** How it is compared without `-m`. */
  readonly match: AclTest["match"];
}

/** What is peculiar to a fetch; what is left out is as in most. */
export type FetchTraits = Partial<FetchPeculiarities>;

interface FetchPeculiarities {
  readonly check: ArgumentCheck;
  /** Whether the value may be another one at the next look, so that a test of it that fails is not final. */
  readonly mayChange: (args: Arguments) => boolean;
  /** How many values an ACL tries one after the other; the fetch then takes the value's number as an argument. */
  readonly occurrences: number;
  readonly all: AllCompiler | null;
  readonly aclKeywords: readonly AclKeyword[];
  /** A version of TLS: ACLs may write it `3.1`. */
  readonly isVersion: boolean;
  /** Whether the kernel is asked about a connection. */
  readonly asksTcpInfo: boolean;
}

/** All that is known of one fetch. */
export interface FetchRow extends Signature, FetchPeculiarities {
  readonly source: Source;
  readonly compile: FetchCompiler;
}

/** Likewise of a converter. */
export type ConverterTraits = Partial<ConverterPeculiarities>;

interface ConverterPeculiarities {
  readonly check: ArgumentCheck;
  /** What of it comes to more than there is room for is nothing, as in HAProxy; of all others, the beginning. */
  readonly isWhole: boolean;
  /** Whether HAProxy takes its answer for the last one, whatever may come behind the bytes that it saw. */
  readonly settles: boolean;
  /** How an argument that is a regular expression is used. */
  readonly regexUse: (values: Arguments) => RegexUse;
  /** How the keys of a map are compared, and what its values are; null for all but the `map` family. */
  readonly map: MapUse | null;
}

/** How a map is used. */
export interface MapUse extends PatternUse {
  /** Values refer to what groups of the key matched. */
  readonly hasGroups: boolean;
}

/** All that is known of one converter. */
export interface ConverterRow extends Signature, ConverterPeculiarities {
  readonly compile: ConverterCompiler;
}

/** A signature that is read when it is first asked for: there are hundreds, and a configuration uses few. */
class LateSignature implements Signature {
  readonly name: string;
  private read: Signature | null = null;

  constructor(private readonly form: string) {
    this.name = nameIn(form);
  }

  private get signature(): Signature {
    return (this.read ??= readSignature(this.form));
  }

  get arguments(): Signature["arguments"] {
    return this.signature.arguments;
  }

  get required(): number {
    return this.signature.required;
  }

  get input(): SampleType {
    return this.signature.input;
  }

  get result(): SampleType {
    return this.signature.result;
  }
}

class Fetch extends LateSignature implements FetchRow {
  readonly check: ArgumentCheck;
  readonly mayChange: (args: Arguments) => boolean;
  readonly occurrences: number;
  readonly all: AllCompiler | null;
  readonly aclKeywords: readonly AclKeyword[];
  readonly isVersion: boolean;
  readonly asksTcpInfo: boolean;

  constructor(
    form: string,
    readonly source: Source,
    readonly compile: FetchCompiler,
    traits: FetchTraits,
  ) {
    super(form);
    this.check = traits.check ?? anything;
    this.mayChange = traits.mayChange ?? never;
    this.occurrences = traits.occurrences ?? 1;
    this.all = traits.all ?? null;
    this.aclKeywords = traits.aclKeywords ?? none;
    this.isVersion = traits.isVersion ?? false;
    this.asksTcpInfo = traits.asksTcpInfo ?? false;
  }
}

class Converter extends LateSignature implements ConverterRow {
  readonly check: ArgumentCheck;
  readonly isWhole: boolean;
  readonly settles: boolean;
  readonly regexUse: (values: Arguments) => RegexUse;
  readonly map: MapUse | null;

  constructor(
    form: string,
    readonly compile: ConverterCompiler,
    traits: ConverterTraits,
  ) {
    super(form);
    this.check = traits.check ?? anything;
    this.isWhole = traits.isWhole ?? false;
    this.settles = traits.settles ?? false;
    this.regexUse = traits.regexUse ?? plainly;
    this.map = traits.map ?? null;
  }
}

/** Nothing is peculiar. */
const none: readonly never[] = [];
const usual = {};

/** A fetch: `form` as in readSignature. */
export function fetch(form: string, source: Source, compile: FetchCompiler, traits: FetchTraits = usual): FetchRow {
  return new Fetch(form, source, compile, traits);
}

/** A converter, likewise. */
export function converter(form: string, compile: ConverterCompiler, traits: ConverterTraits = usual): ConverterRow {
  return new Converter(form, compile, traits);
}

function anything(): null {
  return null;
}

function never(): boolean {
  return false;
}

function plainly(): RegexUse {
  return usual;
}
