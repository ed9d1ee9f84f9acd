/** Fetches of what the kernel knows of a connection (TCP_INFO; manual, section 7.3.3). */
import type { TcpInfo } from "../../tcp-info.ts";
import type { SampleContext } from "../context.ts";
import { textOf } from "../samples/argument-checks.ts";
import { textArgument } from "../samples/arguments.ts";
import { type ArgumentCheck, fetch, type FetchCompiler, type FetchRow } from "../samples/rows.ts";
import type { Source } from "../samples/sites.ts";
import { type Sample, sint } from "../value/sample.ts";

type AskInfo = (context: SampleContext) => TcpInfo | null | undefined;
type ReadInfo = (info: TcpInfo) => number;

function clientInfo(context: SampleContext): TcpInfo | null | undefined {
  return context.clientTcpInfo?.();
}

function serverInfo(context: SampleContext): TcpInfo | null | undefined {
  return context.serverTcpInfo?.();
}

function infoNumber(ask: AskInfo, read: ReadInfo): (context: SampleContext) => Sample | undefined {
  return (context) => {
    const info = ask(context);
    return info === null || info === undefined ? undefined : sint(read(info));
  };
}

const checkUnit: ArgumentCheck = ([unit]) =>
  ["", "us", "ms"].includes(textOf(unit)) ? null : `expects 'us' or 'ms', got '${textOf(unit)}'`;

/** In milliseconds, rounded, or in microseconds when the argument says `us`. */
function time(form: string, source: Source, ask: AskInfo, read: ReadInfo): FetchRow {
  const inMs: ReadInfo = (info) => Math.floor((read(info) + 500) / 1000);
  const compile: FetchCompiler = (args) => infoNumber(ask, textArgument(args, 0, "ms") === "us" ? read : inMs);
  return fetch(form, source, compile, { check: checkUnit, asksTcpInfo: true });
}

function segments(form: string, source: Source, read: ReadInfo): FetchRow {
  return fetch(form, source, () => infoNumber(clientInfo, read), { asksTcpInfo: true });
}

/** The fetches of this file. */
export const tcpInfoFetches: readonly FetchRow[] = [
  time("bc_rtt([string]): sint", "server address", serverInfo, (info) => info.rttUs),
  time("bc_rttvar([string]): sint", "server address", serverInfo, (info) => info.rttVarianceUs),
  segments("fc_fackets([string]): sint", "client", (info) => info.fackets),
  segments("fc_lost([string]): sint", "client", (info) => info.lost),
  segments("fc_reordering([string]): sint", "client", (info) => info.reordering),
  segments("fc_retrans([string]): sint", "client", (info) => info.retransmits),
  time("fc_rtt([string]): sint", "client", clientInfo, (info) => info.rttUs),
  time("fc_rttvar([string]): sint", "client", clientInfo, (info) => info.rttVarianceUs),
  segments("fc_sacked([string]): sint", "client", (info) => info.sacked),
  segments("fc_unacked([string]): sint", "client", (info) => info.unacked),
];
