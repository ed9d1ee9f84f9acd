/** The draft of a sound configuration to its Plan. */
import {
  backendDefaults,
  type BackendPlan,
  backendTimeouts,
  frontendDefaults,
  type FrontendPlan,
  frontendTimeouts,
  proxyDefaults,
  type ProxyPlan,
} from "../../../plan/proxy.ts";
import type { CheckPlan } from "../../../plan/check.ts";
import { globalDefaults } from "../../../plan/global.ts";
import type { LogTarget } from "../../../plan/log.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { BindTlsPlan } from "../../../plan/tls.ts";
import { resolversDefaults, type ResolversPlan } from "../../../plan/resolvers.ts";
import { bindPlan } from "../../lines/bind-line.ts";
import { checkSteps } from "../../checks/check-rules.ts";
import type { BindDraft, Draft, GlobalDraft, ProxyDraft, ResolversDraft, Settings } from "../../draft/draft.ts";
import { defaultResolvers } from "../../draft/resolv-conf.ts";
import { pick } from "../../draft/pick.ts";
import { formatPlan, isToldAtEnd } from "./formats.ts";
import { httpAlgorithms } from "../../lines/balance.ts";
import { httpBackendPlan, httpFrontendPlan } from "./http-plan.ts";
import { bindTlsPlan, tlsFilesPlan } from "./bind-tls-plan.ts";
import { sshCheckPlan } from "./ssh-check-plan.ts";
import { sshPlan } from "./ssh-plan.ts";
import { askedOfSsh, waitingRules } from "./ssh-waits.ts";
import { directPlan, serverPlans } from "./server-plan.ts";

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
    global: pick(draft.global, globalDefaults),
    frontends: frontends.map((proxy) => frontendPlan(proxy, draft)),
    backends: backends.map((proxy) => backendPlan(proxy, draft)),
    resolvers: resolversPlans(draft),
    patternLists: draft.patternLists.numbered(),
    userlists: Array.from(draft.userlists.values(), (list) => list.plan),
    tls: tlsFilesPlan(draft),
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

/** The system's own come last, unless the file has a section of that name. */
function resolversPlans(draft: Draft): ResolversPlan[] {
  const declared = draft.resolvers.map(resolversPlan);
  const own = declared.some((one) => one.name === "default") ? null : defaultResolvers(draft.context);
  return own === null ? declared : [...declared, own];
}

function resolversPlan(draft: ResolversDraft): ResolversPlan {
  const { name, position, nameservers } = draft;
  return { name, position, nameservers, ...pick(draft, resolversDefaults) };
}

function proxyPlan(proxy: ProxyDraft, draft: Draft, side: "client" | "server"): Omit<ProxyPlan, "ssh"> {
  const { settings } = proxy;
  const keepsAlive = side === "client" ? settings.clientKeepAlive : settings.serverKeepAlive;
  return {
    ...pick(settings, proxyDefaults),
    name: proxy.name,
    position: proxy.position,
    mode: settings.mode.value,
    id: proxy.id,
    description: proxy.description,
    isListen: proxy.kind === "listen",
    logs: settings.logs
      .flatMap((log) => (log === "global" ? draft.global.logs : [log]))
      .map((log) => ringed(log, draft)),
    keepAlive: keepsAlive ? settings.keepAlive[side] : null,
    contentRules: proxy.contentRules,
    inspectDelayMs: proxy.inspectDelayMs,
    stickTable: proxy.stickTable,
  };
}

function frontendPlan(proxy: ProxyDraft, draft: Draft): FrontendPlan {
  const { settings } = proxy;
  const timeouts = pick(settings.timeouts, frontendTimeouts);
  const common = proxyPlan(proxy, draft, "client");
  const logFormat = formatPlan(proxy, settings.logFormat, "log-format");
  const logFormatSd = formatPlan(proxy, settings.logFormatSd, "log-format-sd");
  const uniqueIdFormat = formatPlan(proxy, settings.uniqueIdFormat, "unique-id-format");
  const { inRequest } = askedOfSsh(proxy, "frontend", draft, uniqueIdFormat);
  const plan = {
    ...common,
    ...pick(settings, frontendDefaults),
    http: httpFrontendPlan(proxy, draft),
    // A listen section's content rules run once, before the server is chosen, in its front half.
    contentRules: [...common.contentRules, ...waitingRules(proxy, inRequest, proxy.inspectDelayMs)],
    binds: numberedBinds(proxy, draft).map((bind) => ({
      ...bind,
      keepAlive: common.keepAlive,
      buffers: draft.global.clientBuffers,
      backlog: bind.backlog ?? settings.backlog,
      quickAck: !settings.smartAccept,
      sharesPort: draft.global.sharesPorts,
    })),
    timeouts: { ...timeouts, clientHandshakeMs: timeouts.clientHandshakeMs || timeouts.clientMs },
    logFormat,
    errorLogFormat: formatPlan(proxy, settings.errorLogFormat, "error-log-format"),
    logFormatSd,
    uniqueIdFormat,
    logAsap: settings.logAsap || (logFormat !== null && !isToldAtEnd([logFormat, logFormatSd, uniqueIdFormat])),
    connectionRules: proxy.connectionRules,
    sessionRules: proxy.sessionRules,
    useBackends: proxy.useBackends.map((rule) => rule.value),
    // A listen section is its own backend when it names no other.
    defaultBackend: settings.defaultBackend?.name ?? (proxy.kind === "listen" ? proxy.name : null),
  };
  return { ...plan, ssh: sshPlan(proxy, plan, draft) };
}

function numberedBinds(proxy: ProxyDraft, { global }: Draft): ReturnType<typeof bindPlan>[] {
  const isHttp = proxy.settings.mode.value === "http";
  // What is planned of a line's TLS is shared by its addresses.
  const planned = new Map<BindDraft["tlsWords"], BindTlsPlan | null>();
  const plan = (bind: BindDraft, id: number): ReturnType<typeof bindPlan> => {
    const { tlsWords } = bind;
    const tls = planned.get(tlsWords) ?? bindTlsPlan(tlsWords, isHttp, global);
    planned.set(tlsWords, tls);
    return bindPlan({ ...bind, tls, idGiven: false }, id);
  };
  const taken = new Set(proxy.binds.filter((bind) => bind.idGiven).map((bind) => bind.id));
  const used = new Set<number>();
  let next = 1;
  return proxy.binds.map((bind) => {
    // A range's addresses share the line's id: the first keeps it.
    if (bind.idGiven && !used.has(bind.id)) {
      used.add(bind.id);
      next += 1;
      return plan(bind, bind.id);
    }
    while (taken.has(next)) next += 1;
    return plan(bind, next++);
  });
}

function backendPlan(proxy: ProxyDraft, draft: Draft): BackendPlan {
  const { settings } = proxy;
  const timeouts = pick(settings.timeouts, backendTimeouts);
  const common = proxyPlan(proxy, draft, "server");
  const isHttp = settings.mode.value === "http";
  const { inRequest, inResponse } = askedOfSsh(proxy, "backend", draft);
  const contentRules = [...common.contentRules, ...waitingRules(proxy, inRequest, proxy.inspectDelayMs)];
  const plan = {
    ...common,
    contentRules: proxy.kind === "listen" ? [] : contentRules,
    ...pick(settings, backendDefaults),
    // By something of HTTP only where there is HTTP.
    balance: isHttp || !httpAlgorithms.has(settings.balance.algorithm) ? settings.balance : backendDefaults.balance,
    http: httpBackendPlan(proxy, draft),
    servers: serverPlans(proxy, draft.global),
    direct: directPlan(proxy, draft.global),
    timeouts: { ...timeouts, queueMs: timeouts.queueMs || timeouts.connectMs },
    retries: settings.retriesConnects ? settings.retries : 0,
    check: checkPlan(settings),
    responseRules: [...proxy.responseRules, ...waitingRules(proxy, inResponse, proxy.responseInspectDelayMs)],
    responseInspectDelayMs: proxy.responseInspectDelayMs,
    useServers: proxy.useServers.map((rule) => rule.value),
    stickRules: proxy.stickRules.map((rule) => rule.value),
    persistRules: proxy.persistRules,
    serverStateFile: stateFile(proxy, draft.global),
  };
  return { ...plan, ssh: sshPlan(proxy, plan, draft) };
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
      return check.plan.kind === "ssh" ? sshCheckPlan(settings) : check.plan;
    case "http":
      return {
        kind: "http",
        disableOn404: settings.disableOn404,
        sendState: settings.sendState,
        steps: checkSteps(check.rules),
      };
  }
}
