/** Loading: from file names to a Plan in pieces, with everything said on the way. One thing with several homes: it knows of none. */
import { readPlan } from "./configuration.ts";
import type { Terminal } from "../../cli/terminal.ts";
import type { Options } from "../../cli/options.ts";
import type { ConfigurationFile } from "../../config/text/files.ts";
import type { Plan } from "../../plan/plan.ts";
import type { SavedServerState } from "../../proxy/public.ts";
import { openPlanBuilder, type PlanPiece, planPieces } from "./plan-pieces.ts";

/** All that loading needs, as plain data. Relative names of files are taken from the working directory of the process that loads. */
export interface LoadRequest {
  readonly options: Options;
  /** Files that have been read before (`forward`, a daemon's child); null: the options' files are read now. */
  readonly given: readonly ConfigurationFile[] | null;
  /** The environment that the configuration sees. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How something is said: as a line of that level, or ("report") as text that is formatted already. */
export type SaidAs = "report" | "alert" | "warning" | "notice";

/** What loading tells, as plain JSON: first what it has to say, then, unless it refuses, the pieces, then the end. */
export type LoadMessage =
  /** `isSaid`: whoever loads has said it already. */
  | { readonly kind: "say"; readonly as: SaidAs; readonly text: string; readonly isSaid?: boolean }
  | { readonly kind: "piece"; readonly piece: PlanPiece }
  | { readonly kind: "end"; readonly refused: boolean };

/** What came of it. */
export interface Loaded {
  readonly plan: Plan;
  /** What state files say of its servers. */
  readonly states: readonly SavedServerState[];
}

/** Whoever passes on what loading says; `hear`: what has been said already. */
export interface LoadVoice extends Pick<Terminal, SaidAs> {
  readonly hear?: (as: SaidAs, text: string) => void;
}

/** Loads, with the very code of `-c`. Never throws: what goes wrong is said. Each message is made when it is asked for. */
export async function* load(request: LoadRequest): AsyncGenerator<LoadMessage> {
  const said: LoadMessage[] = [];
  const say = (as: SaidAs) => (text: string) => void said.push({ kind: "say", as, text });
  const voice = { report: say("report"), alert: say("alert"), warning: say("warning"), notice: say("notice") };
  let refused = true;
  try {
    const { plan, states } = await readPlan(request.options, request.given, voice, request.environment);
    yield* said.splice(0);
    if (plan !== null) {
      const loaded: Loaded = { plan, states: [...states.values()] };
      for (const piece of planPieces(loaded)) yield { kind: "piece", piece };
      refused = false;
    }
  } catch (error) {
    voice.alert(`internal error, please report it: ${error instanceof Error ? error.stack : String(error)}`);
    yield* said;
  }
  yield { kind: "end", refused };
}

/**
 * Takes what loading tells: says it with `voice`, and puts the pieces together, giving everything else a turn after each.
 * Null when it refuses. Throws when the messages break off or do not fit together.
 */
export async function receive(
  messages: AsyncIterable<LoadMessage>,
  voice: LoadVoice,
  turn: () => Promise<void> = nextTurn,
): Promise<Loaded | null> {
  const builder = openPlanBuilder();
  for await (const message of messages) {
    if (message.kind === "say" && message.isSaid === true) voice.hear?.(message.as, message.text);
    else if (message.kind === "say") voice[message.as](message.text);
    else if (message.kind === "piece") {
      builder.add(message.piece);
      await turn();
    } else return message.refused ? null : (builder.finish() as Loaded);
  }
  throw new Error("loading broke off");
}

/** Resolves when what has come meanwhile was dealt with. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
