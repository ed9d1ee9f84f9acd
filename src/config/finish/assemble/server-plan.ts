/** Server drafts of a proxy to their plans: numbers given, ports and headers of checks worked out. */
import {
  type AgentPlan,
  type ProxyHeaderPlan,
  serverCheckDefaults,
  type ServerCheckPlan,
  serverDefaults,
  type ServerPlan,
} from "../../../plan/server.ts";
import { httpServerDefaults } from "../../../plan/http.ts";
import { pick } from "../../draft/pick.ts";
import type { GlobalDraft, ProxyDraft, ServerDraft, ServerSettings } from "../../draft/draft.ts";
import { startupsPlan } from "./startups-plan.ts";
import { hostKeysPlan } from "./hostkeys-plan.ts";
import { checkHello, checksSpeakTls, hasTls, serverTlsPlan } from "./server-tls-plan.ts";

/** The servers of a proxy, in order. */
export function serverPlans(proxy: ProxyDraft, global: GlobalDraft): ServerPlan[] {
  const taken = new Set(proxy.servers.filter((server) => server.id > 0).map((server) => server.id));
  let next = 1;
  return proxy.servers.map((server) => {
    while (server.id === 0 && taken.has(next)) next += 1;
    const id = server.id > 0 ? server.id : next;
    // As in HAProxy a number is passed over for each that was given.
    next += 1;
    return serverPlan(server, id, proxy, global);
  });
}

/** Where clients go that nothing leads to a server; null: balancing says. */
export function directPlan(
  { settings, dispatch, position }: ProxyDraft,
  { serverBuffers, acceptFamily }: Pick<GlobalDraft, "serverBuffers" | "acceptFamily">,
): ServerPlan | null {
  if (settings.isBalanced || (dispatch === null && !settings.transparent)) return null;
  const { address, text } = dispatch ?? { address: anywhere, text: "" };
  const isOpen = address.kind === "tcp" && address.isName && address.family === null;
  return {
    ...serverDefaults,
    name: "",
    id: 0,
    position: dispatch?.position ?? position,
    address: isOpen ? { ...address, family: acceptFamily } : address,
    text,
    maxconn: 0,
    check: null,
    agent: null,
    track: null,
    proxyHeader: null,
    buffers: serverBuffers,
    tls: null,
    usesTls: false,
    http: httpServerDefaults,
    startups: startupsPlan(settings),
    hostKeys: null,
    initAddr: [],
    isIdGiven: false,
    rise: serverCheckDefaults.rise,
    template: null,
    // Nobody finds it by a name.
    nonStick: true,
  };
}

const anywhere = { kind: "tcp", host: "0.0.0.0", isName: false, family: 4, port: null, portOffset: 0 } as const;

function serverPlan(server: ServerDraft, id: number, proxy: ProxyDraft, global: GlobalDraft): ServerPlan {
  const { serverBuffers, acceptFamily } = global;
  const { settings, address } = server;
  const isHttp = proxy.settings.mode.value === "http";
  const isOpen = address.kind === "tcp" && address.isName && address.family === null;
  return {
    ...pick(settings, serverDefaults),
    name: server.name,
    id,
    position: server.position,
    address: isOpen ? { ...address, family: acceptFamily } : address,
    text: server.text,
    // As HAProxy: a minconn above maxconn, or without one, is the limit.
    maxconn: Math.max(settings.maxconn, settings.minconn),
    check: settings.check ? checkPlan(proxy, server) : null,
    agent: settings.agentCheck ? agentPlan(settings) : null,
    track: settings.track === null ? null : trackPlan(settings.track, proxy.name),
    proxyHeader: headerPlan(settings),
    buffers: serverBuffers,
    tls: hasTls(proxy, server) ? serverTlsPlan(proxy, server, global) : null,
    usesTls: settings.tls.isSpoken,
    http: settings.http,
    startups: startupsPlan(proxy.settings, settings),
    hostKeys: hostKeysPlan(proxy, server),
    observe: isHttp || settings.observe !== "layer7" ? settings.observe : null,
    initAddr: initAddr(settings),
    isIdGiven: server.id > 0,
    rise: settings.rise,
    template: server.template,
  };
}

/** As HAProxy: who has resolvers starts without an address where nothing is said. */
function initAddr({ initAddr: given, resolvers }: ServerSettings): readonly string[] {
  if (given.length > 0) return given;
  return resolvers === null ? ["last", "libc"] : ["last", "libc", "none"];
}

/** The server and backend that `track` names. */
export function trackPlan(text: string, backend: string): { backend: string; server: string } {
  const slash = text.indexOf("/");
  return slash < 0 ? { backend, server: text } : { backend: text.slice(0, slash), server: text.slice(slash + 1) };
}

function checkPlan(proxy: ProxyDraft, server: ServerDraft): ServerCheckPlan {
  const { settings } = server;
  const ownTarget = settings.checkPort !== null || settings.checkAddress !== null;
  const header = settings.sendProxy.v1 || settings.sendProxy.v2;
  const address = settings.checkAddress;
  return {
    ...pick(settings, serverCheckDefaults),
    address,
    port: settings.checkPort ?? (address?.kind === "tcp" ? address.port : null),
    sendProxy: settings.checkSendProxy || (header && !ownTarget),
    tls: checksSpeakTls(server) ? checkHello(proxy, server) : null,
  };
}

function agentPlan(settings: ServerSettings): AgentPlan {
  return {
    // What checks are told (`addr`, `port`) holds for an agent that is told nothing.
    address: settings.agentAddress ?? settings.checkAddress,
    port: settings.agentPort || (settings.checkPort ?? 0),
    interMs: settings.agentInterMs === 0 ? settings.interMs : settings.agentInterMs,
    send: settings.agentSend,
  };
}

/** Options of TLS that `send-proxy-v2-ssl` and `-ssl-cn` stand for. */
function headerPlan(settings: ServerSettings): ProxyHeaderPlan | null {
  const { v1, v2, ssl, sslCn } = settings.sendProxy;
  // As in HAProxy, an option of version 2 alone sends version 1.
  if (!v1 && !v2 && settings.proxyV2Options.length === 0) return null;
  const options = new Set(settings.proxyV2Options);
  if (ssl) options.add("ssl");
  if (sslCn) options.add("cert-cn");
  return { version: v2 ? 2 : 1, options: [...options], tlvs: settings.tlvs };
}
