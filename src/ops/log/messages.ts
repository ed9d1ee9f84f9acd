/** What happens to servers, backends and proxies, in HAProxy's own words (measured on 2.6). */
import type { CheckResult, Event, NameTrouble, ServerCause, ServerState } from "../../events.ts";
import { wordTable } from "../../word-table.ts";

/** A message with its syslog level and the label it has on stderr. */
export interface Message {
  readonly level: number;
  readonly label: "alert" | "warning" | "notice";
  readonly text: string;
  /** When stderr words it differently; null: nothing is said there. */
  readonly console?: string | null;
}

/** How `reason:` names a check status. */
const checkReasons = wordTable<string>({
  UNK: "Unknown",
  INI: "Initializing",
  CHECKED: "No status change",
  SOCKERR: "Socket error",
  L4OK: "Layer4 check passed",
  L4TOUT: "Layer4 timeout",
  L4CON: "Layer4 connection problem",
  L6OK: "Layer6 check passed",
  L6TOUT: "Layer6 timeout",
  L6RSP: "Layer6 invalid response",
  L7TOUT: "Layer7 timeout",
  L7RSP: "Layer7 invalid response",
  L7OK: "Layer7 check passed",
  L7OKC: "Layer7 check conditionally passed",
  L7STS: "Layer7 wrong status",
  PROCERR: "External check error",
  PROCTOUT: "External check timeout",
  PROCOK: "External check passed",
  HANA: "Health analyze",
});

/** A check status in words (`check_desc` of `show stat`). */
export function checkReason(status: string): string {
  return checkReasons.get(status) ?? status;
}

/** `reason: …, code: …, info: "…", check duration: …ms`. */
function describe(result: CheckResult): string {
  const code = result.code === null ? "" : `, code: ${result.code}`;
  const info = result.info === null || result.info === "" ? "" : `, info: "${quotable(result.info)}"`;
  // What sessions show takes no check.
  const duration = result.status === "HANA" ? "" : `, check duration: ${Math.round(result.durationMs)}ms`;
  return `reason: ${checkReason(result.status)}${code}${info}${duration}`;
}

/** A server's own words must not end the quotation. */
function quotable(text: string): string {
  return text.replaceAll('"', "#22");
}

type ServerEvent = Extract<Event, { type: "server" }>;

/** `withReason`: the check's result is told here because `option log-health-checks` did not tell it already. */
export function serverMessage(event: ServerEvent, withReason: boolean): Message {
  const name = `${event.isBackup ? "Backup " : ""}Server ${event.backend}/${event.server}`;
  const leaving = leavingText(event);
  if (leaving !== null) {
    const host = event.cause?.kind === "resolved" ? ` ('${event.cause.hostName ?? ""}')` : "";
    return { level: 5, label: "warning", text: `${name}${host} is ${leaving}.` };
  }
  if (event.to === "MAINT" && event.from === "DOWN") {
    const cause = becauseText(event, withReason);
    return { level: 5, label: "warning", text: `${name} was DOWN and now enters maintenance${cause}.` };
  }
  const isDown = event.to === "DOWN" || event.to === "MAINT";
  const goesDown = isDown || (event.from === "DOWN" && event.to === "DRAIN");
  const because = becauseText(event, withReason);
  const left = `${event.activeLeft} active and ${event.backupLeft} backup servers ${goesDown ? "left" : "online"}.`;
  const onBackup = event.to !== "UP" && event.activeLeft === 0 && event.backupLeft > 0 ? " Running on backup." : "";
  const sessions = goesDown
    ? `${event.sessions} sessions active, ${event.requeued} requeued, ${event.queued} remaining in queue.`
    : `${event.requeued} sessions requeued, ${event.queued} total in queue.`;
  const text = `${name} ${becoming(event.to)}${because}. ${left}${onBackup} ${sessions}`;
  return { level: isDown ? 1 : 5, label: "warning", text };
}

/** What HAProxy adds about a server that leaves maintenance for a drain, or because its name resolves; null for any other change. */
export function remainingMessage(event: ServerEvent): Message | null {
  if (event.from !== "MAINT" || isTracked(event)) return null;
  if (event.cause?.kind === "resolved" && !event.cause.isService) {
    const who = `Server ${event.backend}/${event.server}`;
    return { level: 5, label: "warning", text: `${who} administratively READY thanks to valid DNS answer.` };
  }
  if (event.to !== "DRAIN") return null;
  const name = `${event.isBackup ? "Backup " : ""}Server ${event.backend}/${event.server}`;
  return { level: 5, label: "warning", text: `${name} remains in forced drain mode.` };
}

function becoming(state: ServerState): string {
  switch (state) {
    case "MAINT":
      return "is going DOWN for maintenance";
    case "DRAIN":
      return "enters drain state";
    case "NOLB":
      return "is stopping";
    case "DOWN":
      return "is DOWN";
    default:
      return "is UP";
  }
}

/** Forced states that end have sentences of their own, without figures. */
function leavingText(event: ServerEvent): string | null {
  if (event.from === "MAINT" && event.to === "DRAIN" && !isTracked(event)) {
    return "UP/DRAIN (leaving forced maintenance)";
  }
  if (event.to === "MAINT" || event.to === "DRAIN") return null;
  const to = event.to === "DOWN" ? "DOWN" : "UP";
  if (event.from === "MAINT") {
    if (event.cause?.kind === "resolved") return `${to}/READY (resolves again)`;
    return `${to}/READY (leaving ${isTracked(event) ? "" : "forced "}maintenance)`;
  }
  if (event.from === "DRAIN" && event.check === null) return `${to} (leaving forced drain)`;
  return null;
}

function isTracked(event: ServerEvent): boolean {
  return event.cause?.kind === "tracked";
}

function becauseText(event: ServerEvent, withReason: boolean): string {
  const { cause } = event;
  if (cause?.kind === "tracked") return ` via ${cause.backend}/${cause.server}`;
  // An agent's drain is told like an operator's.
  if (event.to === "DRAIN" && event.check?.status === "CHECKED") return "";
  if (event.check !== null) return withReason || cause?.kind === "objection" ? `, ${describe(event.check)}` : "";
  if (cause === null || cause.kind === "objection") return "";
  if (cause.kind === "unresolved" && cause.trouble === "no-address") return " (No IP for server )";
  // What an operator asks for is plain from the new state, unless it is one that checks could have brought about.
  const isForced = event.to === "MAINT" || event.to === "DRAIN";
  if (cause.kind === "operator") return isForced ? "" : ", changed from CLI";
  return isForced ? ` (${causeText(cause)})` : `, ${causeText(cause)}`;
}

const troubles: Readonly<Record<Exclude<NameTrouble, "no-address">, string>> = {
  nx: "DNS NX status",
  refused: "DNS refused status",
  timeout: "DNS timeout status",
  other: "unspecified DNS error",
  "left-service": "entry removed from SRV record",
};

function causeText(cause: Exclude<ServerCause, { kind: "operator" | "tracked" | "objection" }>): string {
  switch (cause.kind) {
    case "unresolved":
      return cause.trouble === "no-address" ? "No IP for server" : troubles[cause.trouble];
    case "resolved":
      return `'${cause.hostName ?? ""}' resolves again`;
    case "state-file":
      return "changed from server-state after a reload";
    case "reload":
      return "changed by a reload";
  }
}

/** `Health check for server …` (`option log-health-checks`). */
export function checkMessage(event: Extract<Event, { type: "check" }>): Message {
  const isUp = event.state !== "DOWN" && event.state !== "MAINT";
  const { healthOf, health } = event;
  const who = `${event.isBackup ? "backup " : ""}server ${event.backend}/${event.server}`;
  const isConditional = event.result.status === "L7OKC";
  const how = isConditional ? "conditionally succeeded" : event.succeeded ? "succeeded" : "failed";
  const status = `status: ${health}/${healthOf} ${isUp ? "UP" : "DOWN"}`;
  return { level: 5, label: "warning", text: `Health check for ${who} ${how}, ${describe(event.result)}, ${status}.` };
}

/** The backend lost its last usable server. */
export function backendEmptyMessage(backend: string, isListen: boolean): Message {
  const kind = isListen ? "proxy" : "backend";
  return {
    level: 0,
    label: "alert",
    text: `${kind} ${backend} has no server available!`,
    console: `${kind} '${backend}' has no server available!`,
  };
}

/** A server is slow, or is not any more; of our own. */
export function paceMessage(event: Extract<Event, { type: "server-pace" }>): Message {
  const { backend, server, isSlow, isHalved, limitMs } = event;
  const ms = Math.round(event.ms);
  const counts = isHalved ? "half its weight counts" : "its weight stays, for the balance of this backend";
  const text = isSlow
    ? `Server ${backend}/${server} is slow: it takes ${ms} ms to identify itself (ssh-check slow ${limitMs} ms), and ${counts}.`
    : `Server ${backend}/${server} is not slow any more: it takes ${ms} ms to identify itself.`;
  return { level: isSlow ? 4 : 5, label: "warning", text };
}

/** A server's address changed by resolution; null where it lost the one it had, which its change of state tells. */
export function addressMessage(event: Extract<Event, { type: "server-address" }>): Message | null {
  if (event.to === null) return null;
  const by = event.isAdditional ? "DNS additional record" : event.by;
  const text = `${event.backend}/${event.server} changed its IP from ${event.from ?? "(none)"} to ${event.to} by ${by}.`;
  return { level: 5, label: "warning", text };
}

/** A certificate that runs out; of our own. */
export function certificateMessage({ name, notAfter, daysLeft }: Extract<Event, { type: "certificate" }>): Message {
  const at = `on ${new Date(notAfter).toISOString().slice(0, "2026-01-01".length)}`;
  const days = daysLeft === 1 ? "1 day" : `${daysLeft} days`;
  if (daysLeft < 0) return { level: 1, label: "warning", text: `The certificate '${name}' has expired ${at}.` };
  return { level: 4, label: "warning", text: `The certificate '${name}' expires in ${days}, ${at}.` };
}

/** What is found of a backend's host keys; of our own. */
export function hostKeysMessage({ level, text }: Extract<Event, { type: "host-keys" }>): Message {
  return level === "alert" ? { level: 1, label: "alert", text } : { level: 5, label: "notice", text };
}

/** A proxy enters or leaves maintenance; of our own. */
export function maintenanceMessage({ name, by, change }: Extract<Event, { type: "maintenance" }>): Message {
  const told = (text: string): Message => ({ level: 5, label: "warning", text: `Proxy ${name} ${text}` });
  if (change.to === "on") {
    const saying = change.text === "" ? "" : `, saying "${quotable(change.text)}"`;
    return told(`${change.wasOn ? "stays" : "is now"} in maintenance${saying} (${by}). Sessions under way go on.`);
  }
  const sessions = change.refused === 1 ? "1 session was" : `${change.refused} sessions were`;
  const seconds = Math.round(change.sinceMs / 1000);
  return told(`has left maintenance after ${seconds} s (${by}). ${sessions} refused meanwhile.`);
}

/** A server's address comes from another name. HAProxy tells the log only. */
export function nameMessage(event: Extract<Event, { type: "server-name" }>): Message {
  const { backend, server, from, to } = event;
  const text = `${backend}/${server} changed its FQDN from ${from ?? "(null)"} to ${to} by 'SRV record'`;
  return { level: 5, label: "warning", text, console: null };
}

/** A frontend or backend that was stopped, paused or resumed; null for what HAProxy 2.6 does not tell. */
export function proxyMessage(event: Extract<Event, { type: "proxy" }>): Message | null {
  const kind = event.kind === "backend" ? "backend" : "frontend";
  switch (event.to) {
    case "started":
    case "stopping":
      return null;
    case "paused":
      return { level: 4, label: "warning", text: `Paused ${kind} ${event.name}.` };
    case "resumed":
      return { level: 4, label: "warning", text: `Resumed ${kind} ${event.name}.` };
    case "stopped": {
      const totals = `FE: ${event.totals.frontend}, BE: ${event.totals.backend}`;
      return { level: 4, label: "warning", text: `Proxy ${event.name} stopped (cumulated conns: ${totals}).` };
    }
  }
}
