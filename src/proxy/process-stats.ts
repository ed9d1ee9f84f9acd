/** Statistics of the process as a whole and of its sessions. */
import { clockMs } from "../clock.ts";
import type { Backend } from "./backend/backend.ts";
import type { CompressionUse } from "./process/compression-use.ts";
import { neverCounted } from "./process/never.ts";
import type { HandshakeCounts, TlsUse } from "./tls/figures/tls-use.ts";
import type { CompressionFigures, ProcessStats, SessionStats, TlsFigures } from "./public.ts";
import type { Running } from "./running.ts";
import type { RunningSession } from "./session/sessions.ts";

/** What keeps the process from being ready; an empty text for each that does not. */
export function* readiness({ state: { maintenance }, frontends, backends }: Running): Iterable<string> {
  const wanted = new Set<string>();
  const held: string[] = [];
  let doesOneServe = false;
  for (const frontend of frontends.values()) {
    const { name, disabled, useBackends } = frontend.plan;
    const isOpen = frontend.state === "open" && frontend.listeners.every((one) => one.isBound);
    const usual = frontend.defaultBackend?.plan.name ?? null;
    const isUsualHeld = usual !== null && maintenance.of(usual) !== null;
    if (!disabled) {
      // What an operator holds back is not missed, as long as somebody else serves.
      if (maintenance.of(name) !== null || (isUsualHeld && useBackends.length === 0)) held.push(name);
      else {
        if (usual !== null && !isUsualHeld) wanted.add(usual);
        doesOneServe ||= isOpen && (usual !== null || useBackends.length > 0);
      }
    }
    yield disabled || isOpen ? "" : `frontend ${name}`;
  }
  for (const name of wanted) yield serves(backends.get(name)) ? "" : `backend ${name}`;
  if (!doesOneServe) for (const name of held) yield `frontend ${name} in maintenance`;
}

/** One of HTTP without a line for a server answers by itself: the statistics page, redirects. */
function serves(backend: Backend | undefined): boolean {
  if (backend === undefined) return false;
  return backend.hasServer || (backend.plan.http !== null && backend.plan.servers.length === 0);
}

/** What there is of something that may grow while it is gone through: no more than there was at first. */
export function* atMost<Item>(items: Iterable<Item>, count: number): Iterable<Item> {
  let left = count;
  if (left <= 0) return;
  for (const item of items) {
    yield item;
    left -= 1;
    if (left <= 0) return;
  }
}

export function processStats({ state, sessions, frontends }: Running, threads: number): ProcessStats {
  const now = clockMs();
  let listeners = 0;
  for (const frontend of frontends.values()) {
    for (const one of frontend.listeners) if (one.isBound) listeners += 1;
  }
  return {
    startedAt: state.startedAt,
    uptimeMs: now - state.startedAtMonotonic,
    stopping: state.stopping,
    maxconn: state.maxconn,
    hardMaxconn: state.hardMaxconn,
    maxSockets: state.maxSockets,
    currentConnections: state.current,
    maxConnections: state.max,
    totalConnections: state.total,
    totalRequests: state.total + state.laterRequests,
    connectionRate: {
      current: state.connectionRate.read(now),
      limit: state.maxConnRate,
      max: state.connectionRate.max,
    },
    sessionRate: { current: state.sessionRate.read(now), limit: state.maxSessRate, max: state.sessionRate.max },
    compression: compressionFigures(state.compression, now),
    // Looks through connections: for those only who ask.
    get tls() {
      return tlsFigures(state.tls.use, clockMs());
    },
    // Adds all sessions up: for those only who ask.
    get bytesOutTotal() {
      return sessions.bytesOut.total;
    },
    get bytesOutRate() {
      return sessions.bytesOut.rate(clockMs());
    },
    transport: state.transport.name,
    splicing: state.transport.splicing?.() ?? null,
    threads,
    listeners,
    jobs: listeners + state.monitored + state.current,
    droppedLogs: neverCounted,
  };
}

function compressionFigures(use: CompressionUse, now: number): CompressionFigures {
  return {
    inputRate: use.input.read(now),
    outputRate: use.output.read(now),
    rateLimit: use.bytesPerSecond,
    zlibBytes: use.zlibBytes,
    zlibLimit: use.limits.zlibBytes,
  };
}

function tlsFigures(use: TlsUse, now: number): TlsFigures {
  const keys = ({ keys: rate }: HandshakeCounts) => ({ current: rate.read(now), max: rate.max });
  return {
    current: use.current,
    total: use.total,
    limit: use.maxconn,
    rate: { current: use.rate.read(now), limit: use.maxRate, max: use.rate.max },
    clientKeys: keys(use.clients),
    serverKeys: keys(use.servers),
    reusePercent: use.reusePercent(now),
  };
}

export function sessionStats(session: RunningSession): SessionStats {
  return {
    id: session.sessionId,
    frontend: session.frontend,
    backend: session.backend ?? session.frontend,
    server: session.server,
    client: session.source,
    frontendAddress: session.destination,
    serverAddress: session.serverSide === null ? null : session.serverSide.destination,
    startedAt: session.acceptedAt,
    ageMs: Math.floor(clockMs() - session.startedAt),
    state: session.state,
    bytesIn: session.bytesIn,
    bytesOut: session.bytesOut,
  };
}
