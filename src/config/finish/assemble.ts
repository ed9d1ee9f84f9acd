/** The draft of a sound configuration to its Plan. */
import type { BackendPlan, FrontendPlan, ProxyPlan } from "../../plan/proxy.ts";
import type { CheckPlan } from "../../plan/check.ts";
import type { GlobalPlan } from "../../plan/global.ts";
import type { LogTarget } from "../../plan/log.ts";
import type { KeepAlive } from "../../plan/socket.ts";
import type { Plan } from "../../plan/plan.ts";
import type { ResolversPlan } from "../../plan/resolvers.ts";
import { bindPlan } from "../lines/bind-plan.ts";
import { checkSteps } from "../checks/check-rules.ts";
import type { Draft, GlobalDraft, ProxyDraft, ResolversDraft, Settings } from "../draft/draft.ts";
import { defaultResolvers } from "../draft/resolv-conf.ts";
import { formatPlan, isToldAtEnd } from "./formats.ts";
import { serverPlans } from "./server-plan.ts";

/** HAProxy keeps the number 1 to itself. */
const firstProxyId = 2;

/** Makes the Plan. The draft must have passed every check. */
export function assemblePlan(draft: Draft): Plan {
  numberProxies(draft.proxies);
  // Proxies share the global section's targets, which count their samples.
  draft.global.logs = draft.global.logs.map((log) => ringed(log, draft));
  const frontends = draft.proxies.filter((proxy) => proxy.kind !== "backend");
  const backends = draft.proxies.filter((proxy) => proxy.kind !== "frontend");
  return {
    global: globalPlan(draft.global),
    frontends: frontends.map((proxy) => frontendPlan(proxy, draft)),
    backends: backends.map((proxy) => backendPlan(proxy, draft)),
    resolvers: resolversPlans(draft),
    patternLists: draft.patternLists.numbered(),
  };
}

/** A `log` line to a ring, with what the ring's section says of it: the form and the length of lines are the ring's. */
function ringed(log: LogTarget, draft: Draft): LogTarget {
  const { destination } = log;
  if (destination.kind !== "ring" || destination.ring.servers.length > 0) return log;
  const section = draft.rings.get(destination.ring.name);
  if (section === undefined) return log;
  const { name, sizeBytes, timeouts, servers } = section;
  const ring = { name, sizeBytes, connectMs: timeouts.connect, serverMs: timeouts.server, servers };
  const { namesHost: _, ...plain } = log;
  return {
    ...plain,
    format: section.format ?? "raw",
    ...(section.format === "rfc3164" ? { namesHost: true } : {}),
    length: section.maxlen === 0 ? log.length : Math.min(log.length, section.maxlen),
    destination: { kind: "ring", ring },
  };
}

function numberProxies(proxies: readonly ProxyDraft[]): void {
  const taken = new Set(proxies.filter((proxy) => proxy.idGiven).map((proxy) => proxy.id));
  let next = firstProxyId;
  for (const proxy of proxies) {
    // As in HAProxy a number is passed over for each that was given.
    while (!proxy.idGiven && taken.has(next)) next += 1;
    if (!proxy.idGiven) proxy.id = next;
    next += 1;
  }
}

function globalPlan(draft: GlobalDraft): GlobalPlan {
  const {
    unixBind: _unixBind,
    forkWanted: _forkWanted,
    stickCounters: _stickCounters,
    serverStateFile: _serverStateFile,
    serverStateBase: _serverStateBase,
    externalCheck: _externalCheck,
    sharesPorts: _sharesPorts,
    acceptFamily: _acceptFamily,
    seen: _seen,
    ...plan
  } = draft;
  return plan;
}

/** The system's own come last, unless the file has a section of that name. */
function resolversPlans(draft: Draft): ResolversPlan[] {
  const declared = draft.resolvers.map(resolversPlan);
  const own = declared.some((one) => one.name === "default") ? null : defaultResolvers(draft.context);
  return own === null ? declared : [...declared, own];
}

function resolversPlan(draft: ResolversDraft): ResolversPlan {
  const { statement: _statement, declared: _declared, ...plan } = draft;
  return plan;
}

function proxyPlan(proxy: ProxyDraft, draft: Draft, side: "client" | "server"): ProxyPlan {
  const { settings } = proxy;
  const isOn = (name: string): boolean => settings.options.get(name) === true;
  const wish = (name: string): boolean | null => settings.options.get(name) ?? null;
  return {
    name: proxy.name,
    position: proxy.position,
    id: proxy.id,
    description: proxy.description,
    disabled: settings.disabled,
    isListen: proxy.kind === "listen",
    logs: settings.logs
      .flatMap((log) => (log === "global" ? draft.global.logs : [log]))
      .map((log) => ringed(log, draft)),
    logTag: settings.logTag,
    splice: { request: wish("splice-request"), response: wish("splice-response"), auto: wish("splice-auto") },
    keepAlive: keepAlive(settings, side),
    nolinger: isOn("nolinger"),
    independentStreams: isOn("independent-streams"),
    contentRules: proxy.contentRules,
    inspectDelayMs: proxy.inspectDelayMs,
    stickTable: proxy.stickTable,
  };
}

function keepAlive(settings: Settings, side: "client" | "server"): KeepAlive | null {
  return settings.options.get(side === "client" ? "clitcpka" : "srvtcpka") === true ? settings.keepAlive[side] : null;
}

function frontendPlan(proxy: ProxyDraft, draft: Draft): FrontendPlan {
  const { settings } = proxy;
  const isOn = (name: string): boolean => settings.options.get(name) === true;
  const clientMs = settings.timeouts.client ?? 0;
  const common = proxyPlan(proxy, draft, "client");
  const logFormat = formatPlan(proxy, settings.logFormat, "log-format");
  const logFormatSd = formatPlan(proxy, settings.logFormatSd, "log-format-sd");
  const uniqueIdFormat = formatPlan(proxy, settings.uniqueIdFormat, "unique-id-format");
  return {
    ...common,
    // A listen section's content rules run once, before the server is chosen, in its front half.
    binds: numberedBinds(proxy).map((bind) => ({
      ...bind,
      keepAlive: common.keepAlive,
      buffers: draft.global.clientBuffers,
      backlog: bind.backlog ?? settings.backlog,
      quickAck: !isOn("tcp-smart-accept"),
      sharesPort: draft.global.sharesPorts,
    })),
    maxconn: settings.maxconn,
    backlog: settings.backlog,
    rateLimitSessions: settings.rateLimitSessions,
    timeouts: {
      clientMs,
      clientFinMs: settings.timeouts["client-fin"] ?? 0,
      clientHandshakeMs: settings.timeouts["client-hs"] || clientMs,
    },
    logFormat,
    errorLogFormat: formatPlan(proxy, settings.errorLogFormat, "error-log-format"),
    logFormatSd,
    uniqueIdFormat,
    dontLogNull: isOn("dontlognull"),
    dontLogNormal: isOn("dontlog-normal"),
    logAsap: isOn("logasap") || (logFormat !== null && !isToldAtEnd([logFormat, logFormatSd, uniqueIdFormat])),
    logSeparateErrors: isOn("log-separate-errors"),
    contStats: isOn("contstats"),
    socketStats: isOn("socket-stats"),
    connectionRules: proxy.connectionRules,
    sessionRules: proxy.sessionRules,
    useBackends: proxy.useBackends.map((rule) => rule.value),
    // A listen section is its own backend when it names no other.
    defaultBackend: settings.defaultBackend?.name ?? (proxy.kind === "listen" ? proxy.name : null),
  };
}

function numberedBinds(proxy: ProxyDraft): ReturnType<typeof bindPlan>[] {
  const taken = new Set(proxy.binds.filter((bind) => bind.idGiven).map((bind) => bind.id));
  const used = new Set<number>();
  let next = 1;
  return proxy.binds.map((bind) => {
    // A range's addresses share the line's id: the first keeps it.
    if (bind.idGiven && !used.has(bind.id)) {
      used.add(bind.id);
      next += 1;
      return bindPlan({ ...bind, idGiven: false }, bind.id);
    }
    while (taken.has(next)) next += 1;
    return bindPlan({ ...bind, idGiven: false }, next++);
  });
}

function backendPlan(proxy: ProxyDraft, draft: Draft): BackendPlan {
  const { settings } = proxy;
  const { timeouts } = settings;
  const isOn = (name: string): boolean => settings.options.get(name) === true;
  const common = proxyPlan(proxy, draft, "server");
  return {
    ...common,
    contentRules: proxy.kind === "listen" ? [] : common.contentRules,
    balance: settings.balance,
    hashType: settings.hashType,
    servers: serverPlans(proxy, draft.global),
    timeouts: {
      connectMs: timeouts.connect ?? 0,
      serverMs: timeouts.server ?? 0,
      serverFinMs: timeouts["server-fin"] ?? 0,
      tunnelMs: timeouts.tunnel ?? 0,
      queueMs: timeouts.queue || timeouts.connect || 0,
      checkMs: timeouts.check ?? 0,
    },
    retries: settings.retriesConnects ? settings.retries : 0,
    redispatch: settings.redispatch,
    fullconn: settings.fullconn,
    allBackups: isOn("allbackups"),
    persist: isOn("persist"),
    abortOnClose: isOn("abortonclose"),
    tcpSmartConnect: proxy.settings.options.get("tcp-smart-connect") ?? null,
    logHealthChecks: isOn("log-health-checks"),
    check: checkPlan(settings),
    responseRules: proxy.responseRules,
    responseInspectDelayMs: proxy.responseInspectDelayMs,
    useServers: proxy.useServers.map((rule) => rule.value),
    stickRules: proxy.stickRules.map((rule) => rule.value),
    persistRules: proxy.persistRules,
    source: settings.source,
    serverStateFile: stateFile(proxy, draft.global),
  };
}

function stateFile(proxy: ProxyDraft, global: GlobalDraft): string | null {
  const { serverStateFrom, serverStateName } = proxy.settings;
  const based = (name: string): string => (name.startsWith("/") ? name : `${global.serverStateBase ?? ""}${name}`);
  if (serverStateFrom === "global") return global.serverStateFile === null ? null : based(global.serverStateFile);
  return serverStateFrom === "local" ? based(serverStateName ?? proxy.name) : null;
}

function checkPlan(settings: Settings): CheckPlan {
  const { check } = settings;
  switch (check.kind) {
    case "none":
      return { kind: "tcp", scripted: false, steps: [] };
    case "tcp":
      return { kind: "tcp", scripted: true, steps: checkSteps(check.rules) };
    case "external":
      return { kind: "external", command: settings.external.command ?? "", path: settings.external.path ?? "" };
    case "plain":
      return check.plan;
    case "http":
      return {
        kind: "http",
        disableOn404: settings.disableOn404,
        sendState: settings.sendState,
        steps: checkSteps(check.rules),
      };
  }
}
