/** Plans for tests, with everything defaulted that a test does not care about. */
import {
  backendDefaults,
  type BackendPlan,
  frontendDefaults,
  type FrontendPlan,
  proxyDefaults,
} from "../../../src/plan/proxy.ts";
import { bindDefaults, type BindPlan } from "../../../src/plan/bind.ts";
import { globalDefaults, type GlobalPlan } from "../../../src/plan/global.ts";
import { httpServerDefaults } from "../../../src/plan/http.ts";
import type { LogTarget } from "../../../src/plan/log.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { resolversDefaults, type ResolversPlan } from "../../../src/plan/resolvers.ts";
import { sshDefaults } from "../../../src/plan/ssh/ssh.ts";
import { startupsDefaults } from "../../../src/plan/ssh/startups.ts";
import { serverDefaults, type ServerPlan } from "../../../src/plan/server.ts";
import { noTlsFiles } from "../../../src/plan/tls.ts";

const position = { file: "test.cfg", line: 1 };

export function globalPlan(own: Partial<GlobalPlan> = {}): GlobalPlan {
  return { ...globalDefaults, maxconn: 1000, statsTimeoutMs: 0, ...own };
}

/** Where nothing goes: what counts is that somebody listens. */
const logTarget: LogTarget = {
  destination: { kind: "fd", fd: -1 },
  format: "raw",
  length: 1024,
  facility: 0,
  maxLevel: 7,
  minLevel: 0,
  sample: null,
};

const proxy = {
  ...proxyDefaults,
  mode: "tcp",
  http: null,
  position,
  id: 1,
  description: null,
  isListen: false,
  logs: [],
  keepAlive: null,
  contentRules: [],
  inspectDelayMs: 0,
  stickTable: null,
  ssh: sshDefaults,
};

export function bindPlan(own: Partial<BindPlan> = {}): BindPlan {
  const address = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
  return { ...bindDefaults, text: "127.0.0.1:0", position, id: 1, address, ...own };
}

export function frontendPlan(own: Partial<FrontendPlan> = {}): FrontendPlan {
  return {
    ...proxy,
    ...frontendDefaults,
    logs: [logTarget],
    name: "fe",
    binds: [bindPlan()],
    timeouts: { clientMs: 10_000, clientFinMs: 0, clientHandshakeMs: 0 },
    logFormat: null,
    errorLogFormat: null,
    logFormatSd: null,
    uniqueIdFormat: null,
    connectionRules: [],
    sessionRules: [],
    useBackends: [],
    defaultBackend: "be",
    ...own,
  } as FrontendPlan;
}

export function serverPlan(name: string, port: number, own: Partial<ServerPlan> = {}): ServerPlan {
  return {
    ...serverDefaults,
    name,
    id: Number(name.replace(/\D/g, "")) || 1,
    position,
    address: { kind: "tcp", host: "127.0.0.1", isName: false, family: null, port, portOffset: 0 },
    text: `127.0.0.1:${port}`,
    check: null,
    agent: null,
    track: null,
    proxyHeader: null,
    buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
    tls: null,
    usesTls: false,
    http: httpServerDefaults,
    startups: startupsDefaults,
    hostKeys: null,
    initAddr: ["last", "libc"],
    isIdGiven: false,
    rise: 2,
    template: null,
    ...own,
  } as ServerPlan;
}

export function backendPlan(own: Partial<BackendPlan> = {}): BackendPlan {
  return {
    ...proxy,
    ...backendDefaults,
    name: "be",
    id: 2,
    servers: [],
    direct: null,
    timeouts: { connectMs: 5000, serverMs: 10_000, serverFinMs: 0, tunnelMs: 0, queueMs: 5000, checkMs: 0 },
    check: { kind: "tcp", steps: [] },
    responseRules: [],
    responseInspectDelayMs: 0,
    useServers: [],
    stickRules: [],
    persistRules: [],
    serverStateFile: null,
    ...own,
  } as BackendPlan;
}

/** A plan of one frontend and one backend. */
export function resolversPlan(own: Partial<ResolversPlan> = {}): ResolversPlan {
  return {
    ...resolversDefaults,
    name: "dns",
    position,
    nameservers: [],
    ...own,
  };
}

export function onePlan(front: Partial<FrontendPlan>, back: Partial<BackendPlan>, own: Partial<GlobalPlan> = {}): Plan {
  return {
    global: globalPlan(own),
    frontends: [frontendPlan(front)],
    backends: [backendPlan(back)],
    resolvers: [],
    patternLists: [],
    userlists: [],
    tls: noTlsFiles,
  };
}
