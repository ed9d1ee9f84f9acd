/** What commands of the admin socket read and act on. */
import type { Plan } from "../../plan/plan.ts";
import type { TlsEntryPlan } from "../../plan/tls.ts";
import type { CertificateParts, Refusal, TlsListener } from "../../proxy/public.ts";
import type { ReloadOutcome } from "../answers/reload-outcome.ts";
import type { InfoSource } from "../stats/info.ts";
import type { TableView } from "../stats/table-view.ts";
import type { Level } from "./level.ts";

/** What commands read and act on. */
export interface AdminSources {
  readonly info: InfoSource;
  readonly plan: () => Plan;
  readonly tables: { get(name: string): TableView | undefined; all(): Iterable<TableView> };
  readonly patterns: PatternSource;
  readonly tlsPayloads: TlsPayloads;
  readonly startupLogs: () => string;
  /** Reads the files again; resolves when what came of it runs, or nothing does. `why`: who asked, for the log. */
  readonly reload: (why: string) => Promise<ReloadOutcome>;
  /** `show cli sockets`. */
  readonly sockets: () => readonly { readonly address: string; readonly level: Level }[];
  /** `get var` and `show env` read these. */
  readonly variable: (name: string) => string | null;
  readonly environment: () => Readonly<Record<string, string | undefined>>;
}

/** How what commands bring of certificates is judged. What is refused is refused in HAProxy's words. */
export interface TlsPayloads {
  certificate(name: string, text: string): CertificateParts | Refusal;
  key(name: string, text: string): Pick<CertificateParts, "key"> | Refusal;
  /** Null: it is as it should be. */
  issuerComplaint(name: string, text: string): string | null;
  certificateComplaint(name: string, parts: CertificateParts): string | null;
  /** What is to be kept of a text; null: it is none. */
  authorities(text: string): string | null;
  revocations(text: string): string | null;
  /** A line of a `crt-list`, which may name these files. */
  listLine(
    text: string,
    files: { readonly authorities: Iterable<string>; readonly revocations: Iterable<string> },
  ): AddedLineView | Refusal;
}

/** What a line says of its certificate. */
export interface AddedLineView extends Pick<TlsEntryPlan, "filters" | "text"> {
  readonly path: string;
  readonly hasOptions: boolean;
  /** What it comes to within a listener's own. */
  termsFor(listener: TlsListener): TlsEntryPlan["own"] | Refusal;
}

/** One pattern of a list. */
export interface PatternEntryView {
  /** What `#<ref>` means. */
  readonly reference: number;
  readonly key: string;
  readonly value: string | null;
}

/** Entries that are meant. */
export type PatternChoiceView = { readonly reference: number } | { readonly key: string };

/** One way in which a list is compared; `output` is the type of a map's values, null for an ACL. */
export interface PatternUseView {
  readonly match: string;
  readonly ignoreCase: boolean;
  readonly output: "str" | "int" | "ip" | null;
}

/** What commands need of a list of patterns; those of `rules` offer it. Without a version, the one in force is meant. */
export interface PatternListView {
  readonly id: number;
  /** Null: an ACL line's own. */
  readonly file: string | null;
  readonly isAcl: boolean;
  readonly isMap: boolean;
  readonly description: string;
  readonly uses: readonly PatternUseView[];
  readonly currentVersion: number;
  readonly nextVersion: number;
  /** How many there are in force. */
  readonly size: number;
  /** Those that there are at first, as far as they are still there when they are come to. */
  entries(version?: number): Iterable<PatternEntryView>;
  add(key: string, value: string | null, version?: number): void;
  /** How many were chosen; in steps. */
  set(choice: PatternChoiceView, value: string): Iterator<unknown, number>;
  remove(choice: PatternChoiceView): Iterator<unknown, number>;
  clear(version?: number): void;
  prepare(): number;
  commit(version: number): boolean;
  find(use: PatternUseView, text: string): { readonly isMatch: boolean; readonly entry: PatternEntryView | null };
}

/** The lists, and what is wrong with a new pattern or value for a way of comparing; null: nothing. */
export interface PatternSource {
  all(): Iterable<PatternListView>;
  wrongKey(key: string, use: PatternUseView): string | null;
  wrongValue(value: string, use: PatternUseView): string | null;
}
