/** Events to log lines: what a session, a server, a backend and a frontend have to tell, to their `log` targets. */
import type { Event, EventListener } from "../../events.ts";
import { Faults } from "../../faults.ts";
import type { SocketAddress } from "../../address.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import type { LogTarget } from "../../plan/log.ts";
import type { SampleContext } from "../../rules/context.ts";
import { LineBytes } from "../../line-bytes.ts";
import { httpLogLine } from "../../rules/format/log-alias.ts";
import type { LineFormat } from "../../rules/format/log-format.ts";
import type { SessionRecord } from "../../session-record.ts";
import {
  addressMessage,
  nameMessage,
  backendEmptyMessage,
  certificateMessage,
  hostKeysMessage,
  maintenanceMessage,
  paceMessage,
  checkMessage,
  proxyMessage,
  remainingMessage,
  serverMessage,
  type Message,
} from "./messages.ts";
import { logDate, type Syslog } from "./syslog.ts";

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
  const log = new AccessLog(options);
  return (event) => log.hear(event);
}

class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #formats = new WeakMap<LogFormat, LineFormat>();
  readonly #line = new LineBytes();
  readonly #toldByCheck = new Set<string>();
  readonly #faults = new Faults((text) => this.#notice(1, "alert", text));

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  hear(event: Event): void {
    try {
      this.#log(event);
    } catch (error) {
      // The proxy that tells the event must go on.
      this.#faults.note(error, `while a '${event.type}' event was logged`);
    }
  }

  #log(event: Event): void {
    const { syslog } = this.#options;
    switch (event.type) {
      case "accepted": {
        const { logs, logTag: tag } = event.frontend;
        return syslog.write(logs, { level: 6, tag, text: connectLine(event), structured: null });
      }
      case "session":
        return logSession(syslog, this, event);
      case "connection-failed":
        return logFailure(syslog, this, event);
      case "check":
        if (event.log) {
          this.#toldByCheck.add(event.backend);
          this.#tell(event.logs, event.backend, checkMessage(event));
        } else this.#toldByCheck.delete(event.backend);
        return;
      case "server":
        this.#tell(event.logs, event.backend, serverMessage(event, !this.#toldByCheck.has(event.backend)));
        return this.#tell(event.logs, event.backend, remainingMessage(event));
      case "backend-empty":
        return this.#tell(event.logs, event.backend, backendEmptyMessage(event.backend, event.isListen));
      case "server-pace":
        return this.#tell(event.logs, event.backend, paceMessage(event));
      case "server-address":
        return this.#tell(event.logs, event.backend, addressMessage(event));
      case "server-name":
        return this.#tell(event.logs, event.backend, nameMessage(event));
      case "proxy":
        return this.#tell(event.logs, event.name, proxyMessage(event));
      case "maintenance":
        return this.#tell(event.logs, event.name, maintenanceMessage(event));
      case "certificate":
        return this.#tell(this.#options.globalTargets(), null, certificateMessage(event));
      case "header-mismatch":
        return this.#tell(event.logs, event.proxy, { level: 4, label: "warning", text: event.text });
      case "host-keys":
        return this.#tell(event.logs, event.backend, hostKeysMessage(event));
      case "server-refusal":
        return this.#tell(event.logs, event.backend, { level: 4, label: "warning", text: event.text });
      case "ssh-penalty":
        return this.#tell(event.logs, event.frontend, { level: 4, label: "warning", text: event.text });
      case "notice":
        return this.#notice(noticeLevels[event.level], event.level, event.text);
    }
  }

  /** Null: there is nothing to tell. */
  #tell(targets: readonly LogTarget[], proxy: string | null, message: Message | null): void {
    if (message === null) return;
    const { syslog, tagOf } = this.#options;
    const tag = proxy === null ? null : tagOf(proxy);
    syslog.write(targets, { level: message.level, tag, text: message.text, structured: null });
    const shown = message.console === undefined ? message.text : message.console;
    // A server's words are among them: they must not begin a line of their own.
    if (shown !== null) this.#options.console?.(message.label, shown.replaceAll("\n", "#0A"));
  }

  /** To the global targets. */
  #notice(level: number, label: Message["label"], text: string): void {
    this.#tell(this.#options.globalTargets(), null, { level, label, text });
  }

  /** A line; one that cannot be made as the format says is made as `option tcplog`, or of HTTP `httplog`, has it. */
  line(format: LogFormat, record: SessionRecord, samples: SampleContext): string {
    try {
      return this.#compiled(format)(record, samples);
    } catch (error) {
      this.#faults.note(error, "in a log format");
      return httpLogLine(record);
    }
  }

  /** The same as bytes, where that is quicker. They hold until the next line. */
  bytes(format: LogFormat, record: SessionRecord, samples: SampleContext): string | LineBytes {
    const line = this.#line;
    line.start();
    const { put } = this.#compiled(format);
    if (put === undefined) return this.line(format, record, samples);
    put(record, line);
    return line.isSound ? line : this.line(format, record, samples);
  }

  #compiled(format: LogFormat): LineFormat {
    let write = this.#formats.get(format);
    if (write === undefined) this.#formats.set(format, (write = this.#options.compile(format)));
    return write;
  }
}

function logSession(syslog: Syslog, log: AccessLog, event: Extract<Event, { type: "session" }>): void {
  const { frontend, record, samples } = event;
  if (frontend.logs.length === 0 || frontend.logFormat === null || record.logLevel === "silent") return;
  const tag = frontend.logTag;
  const failed = isFailed(record);
  if (frontend.dontLogNormal && !failed) return;
  if (frontend.dontLogNull && record.bytesIn === 0 && event.early !== true) return;
  const usual = failed && frontend.logSeparateErrors ? 3 : 6;
  const level = record.logLevel ?? usual;
  const structured = frontend.logFormatSd === null ? null : log.line(frontend.logFormatSd, record, samples);
  const text = log.bytes(frontend.logFormat, record, samples);
  record.logCount.logLines += 1;
  syslog.write(frontend.logs, { level, tag, text, structured });
}

/**
 * Whether a session counts as failed (manual, `option dontlog-normal`): it was retried or redispatched, or its first
 * termination letter blames someone. `L` (handled locally) does not. Of HTTP, an answer of 500 and more is one, too.
 */
export function isFailed(record: SessionRecord): boolean {
  if (record.redispatched || (record.http?.status ?? 0) >= 500) return true;
  const cause = record.termination[0] ?? "-";
  return cause === "-" ? record.retries > 0 : cause !== "L";
}

/** A connection that died before it was a session: the error-log-format, or HAProxy's short line. */
function logFailure(syslog: Syslog, log: AccessLog, event: Extract<Event, { type: "connection-failed" }>): void {
  const { frontend, record, samples } = event;
  if (frontend.logs.length === 0 || record.logLevel === "silent") return;
  if (frontend.dontLogNull && record.bytesIn === 0) return;
  const level = frontend.logSeparateErrors ? 3 : 6;
  const format = frontend.errorLogFormat;
  // So HAProxy: a frontend without a format of its lines has none of these either.
  if (format === null && frontend.logFormat === null) return;
  const structured =
    frontend.logFormatSd === null || format === null ? null : log.line(frontend.logFormatSd, record, samples);
  const text =
    format === null
      ? `${endpoint(record.client)} [${logDate(record.acceptedAt)}] ${frontend.name}/${record.listener ?? record.listenerId}: ${event.reason}`
      : log.line(format, record, samples);
  if (format !== null) record.logCount.logLines += 1;
  syslog.write(frontend.logs, { level, tag: frontend.logTag, text, structured });
}

/** HAProxy's line of a connection, or of an exchange, for a frontend without a log format. */
function connectLine({ frontend, client, frontendAddress, listenerId }: Extract<Event, { type: "accepted" }>): string {
  const who = `(${frontend.name}/${frontend.mode.toUpperCase()})`;
  if (client.kind !== "tcp") return `Connect from unix:${listenerId} to listener ${who}`;
  return `Connect from ${endpoint(client)} to ${endpoint(frontendAddress)} ${who}`;
}

/** `127.0.0.1:22`, `::1:22` or `unix:1`, as HAProxy's log lines have it. */
export function endpoint(address: SocketAddress): string {
  return address.kind === "tcp" ? `${address.host}:${address.port}` : "unix:1";
}
