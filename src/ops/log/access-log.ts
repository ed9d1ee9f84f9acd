/** Events to log lines: what a session, a server, a backend and a frontend have to tell, to their `log` targets. */
import type { Event, EventListener } from "../../events.ts";
import { Faults } from "../../faults.ts";
import type { SocketAddress } from "../../address.ts";
import type { LogFormat } from "../../plan/log-format.ts";
import type { LogTarget } from "../../plan/log.ts";
import type { SampleContext } from "../../rules/context.ts";
import { tcpLogLine } from "../../rules/format/log-alias.ts";
import type { SessionRecord } from "../../session-record.ts";
import {
  addressMessage,
  nameMessage,
  backendEmptyMessage,
  checkMessage,
  proxyMessage,
  remainingMessage,
  serverMessage,
  type Message,
} from "./messages.ts";
import { logDate, type Syslog } from "./syslog.ts";

/** A format ready to run, as `rules/log-format.ts` compiles it. */
export type LineFormat = (record: SessionRecord, samples: SampleContext) => string;

/** What the access log needs. */
export interface AccessLogOptions {
  readonly syslog: Syslog;
  /** Compiles a format; called once for each format of a plan. */
  readonly compile: (format: LogFormat) => LineFormat;
  /** The global `log` targets, which get notices. Asked each time, because a reload changes them. */
  readonly globalTargets: () => readonly LogTarget[];
  /** A proxy's own `log-tag`, by name. */
  readonly tagOf: (proxy: string) => string | null;
  /** stderr, as HAProxy prints `[WARNING]  (PID) : …`; null when quiet or a daemon. */
  readonly console: ((label: "alert" | "warning" | "notice", text: string) => void) | null;
}

const noticeLevels = { notice: 5, warning: 4, alert: 1 } as const;

/**
 * The listener that turns events into lines. Never throws: a session's line that cannot be made as its format says is made
 * as `option tcplog` has it, and the operator is told once for each fault.
 */
export function accessLog(options: AccessLogOptions): EventListener {
  const { syslog } = options;
  const formats = new WeakMap<LogFormat, LineFormat>();
  const toldByCheck = new Set<string>();

  const faults = new Faults((text) => tell(options.globalTargets(), null, { level: 1, label: "alert", text }));

  const run: Lines["run"] = (format, record, samples) => {
    try {
      let line = formats.get(format);
      if (line === undefined) formats.set(format, (line = options.compile(format)));
      return line(record, samples);
    } catch (error) {
      faults.note(error, "in a log format");
      return tcpLogLine(record);
    }
  };

  function tell(targets: readonly LogTarget[], proxy: string | null, message: Message): void {
    const tag = proxy === null ? null : options.tagOf(proxy);
    syslog.write(targets, { level: message.level, tag, text: message.text, structured: null });
    const shown = message.console === undefined ? message.text : message.console;
    // A server's words are among them: they must not begin a line of their own.
    if (shown !== null) options.console?.(message.label, shown.replaceAll("\n", "#0A"));
  }

  function hear(event: Event): void {
    switch (event.type) {
      case "accepted": {
        const { frontend } = event;
        return syslog.write(frontend.logs, {
          level: 6,
          tag: frontend.logTag,
          text: connectLine(event),
          structured: null,
        });
      }
      case "session":
        return logSession(syslog, { run }, event);
      case "connection-failed":
        return logFailure(syslog, { run }, event);
      case "check":
        if (event.log) {
          toldByCheck.add(event.backend);
          tell(event.logs, event.backend, checkMessage(event));
        } else toldByCheck.delete(event.backend);
        return;
      case "server": {
        tell(event.logs, event.backend, serverMessage(event, !toldByCheck.has(event.backend)));
        const remaining = remainingMessage(event);
        return remaining === null ? undefined : tell(event.logs, event.backend, remaining);
      }
      case "backend-empty":
        return tell(event.logs, event.backend, backendEmptyMessage(event.backend, event.isListen));
      case "server-address": {
        const message = addressMessage(event);
        return message === null ? undefined : tell(event.logs, event.backend, message);
      }
      case "server-name":
        return tell(event.logs, event.backend, nameMessage(event));
      case "proxy": {
        const message = proxyMessage(event);
        return message === null ? undefined : tell(event.logs, event.name, message);
      }
      case "notice": {
        const level = noticeLevels[event.level];
        return tell(options.globalTargets(), null, { level, label: event.level, text: event.text });
      }
    }
  }

  return (event) => {
    try {
      hear(event);
    } catch (error) {
      // The proxy that tells the event must go on.
      faults.note(error, `while a '${event.type}' event was logged`);
    }
  };
}

interface Lines {
  readonly run: (format: LogFormat, record: SessionRecord, samples: SampleContext) => string;
}

function logSession(syslog: Syslog, lines: Lines, event: Extract<Event, { type: "session" }>): void {
  const { frontend, record, samples } = event;
  if (frontend.logs.length === 0 || frontend.logFormat === null || record.logLevel === "silent") return;
  const tag = frontend.logTag;
  const failed = isFailed(record);
  if (frontend.dontLogNormal && !failed) return;
  if (frontend.dontLogNull && record.bytesIn === 0 && event.early !== true) return;
  const usual = failed && frontend.logSeparateErrors ? 3 : 6;
  const level = record.logLevel ?? usual;
  const structured = frontend.logFormatSd === null ? null : lines.run(frontend.logFormatSd, record, samples);
  const text = lines.run(frontend.logFormat, record, samples);
  record.logCount.logLines += 1;
  syslog.write(frontend.logs, { level, tag, text, structured });
  if (record.hint !== null) {
    const where = `${record.backend}/${record.server ?? "<NOSRV>"}`;
    syslog.write(frontend.logs, { level: 4, tag, text: `Server ${where}: ${record.hint}.`, structured: null });
  }
}

/**
 * Whether a session counts as failed (manual, `option dontlog-normal`): it was retried or redispatched, or its first
 * termination letter blames someone. `L` (handled locally) does not.
 */
export function isFailed(record: SessionRecord): boolean {
  if (record.redispatched) return true;
  const cause = record.termination[0] ?? "-";
  return cause === "-" ? record.retries > 0 : cause !== "L";
}

/** A connection that died before it was a session: the error-log-format, or HAProxy's short line. */
function logFailure(syslog: Syslog, lines: Lines, event: Extract<Event, { type: "connection-failed" }>): void {
  const { frontend, record, samples } = event;
  if (frontend.logs.length === 0 || record.logLevel === "silent") return;
  if (frontend.dontLogNull && record.bytesIn === 0) return;
  const level = frontend.logSeparateErrors ? 3 : 6;
  const format = frontend.errorLogFormat;
  const structured =
    frontend.logFormatSd === null || format === null ? null : lines.run(frontend.logFormatSd, record, samples);
  const text =
    format === null
      ? `${endpoint(record.client)} [${logDate(record.acceptedAt)}] ${frontend.name}/${record.listener ?? record.listenerId}: ${event.reason}`
      : lines.run(format, record, samples);
  if (format !== null) record.logCount.logLines += 1;
  syslog.write(frontend.logs, { level, tag: frontend.logTag, text, structured });
}

/** HAProxy's line for a frontend without a log format. */
function connectLine({ frontend, client, frontendAddress, listenerId }: Extract<Event, { type: "accepted" }>): string {
  if (client.kind !== "tcp") return `Connect from unix:${listenerId} to listener (${frontend.name}/TCP)`;
  return `Connect from ${endpoint(client)} to ${endpoint(frontendAddress)} (${frontend.name}/TCP)`;
}

/** `127.0.0.1:22`, `::1:22` or `unix:1`, as HAProxy's log lines have it. */
export function endpoint(address: SocketAddress): string {
  return address.kind === "tcp" ? `${address.host}:${address.port}` : "unix:1";
}
