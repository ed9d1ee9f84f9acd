/** What a section, a server or a socket begins with: what holds where nothing is said, and what `defaults` or `default-server` said. */
import { bindDefaults } from "../../plan/bind.ts";
import { globalDefaults } from "../../plan/global.ts";
import { httpServerDefaults } from "../../plan/http.ts";
import {
  backendDefaults,
  backendTimeouts,
  frontendDefaults,
  frontendTimeouts,
  proxyDefaults,
} from "../../plan/proxy.ts";
import { serverCheckDefaults, serverDefaults } from "../../plan/server.ts";
import { newCheckLists, nextCheckLists } from "./check-lists.ts";
import type { BindDraft, GlobalDraft, ServerSettings, Settings } from "./draft.ts";
import { inheritedHttp, startHttp } from "./http.ts";
import { inheritedServerTlsWords, newServerTlsWords } from "./tls/server-tls-draft.ts";
import { newBindTlsWords } from "./tls/bind-tls-draft.ts";
import { startSshChecks } from "./ssh-checks.ts";
import { newTlsGlobals } from "./tls/tls-words.ts";

/**
 * What a section begins with: the settings of the `defaults` it came from, which it changes for itself alone. Whatever a
 * line may change in place is copied; all else, statements above all, is the same.
 */
export function inheritedSettings(former: Settings | null): Settings {
  if (former === null) return startSettings();
  const { client, server } = former.keepAlive;
  return {
    ...former,
    mode: { ...former.mode },
    // Each counts its own samples, and has its own connection.
    logs: former.logs.map((log) => (log === "global" ? log : structuredClone(log))),
    timeouts: { ...former.timeouts },
    http: inheritedHttp(former.http),
    keepAlive: { client: { ...client }, server: { ...server } },
    checkLists: nextCheckLists(former.checkLists),
    sshCheck: { ...former.sshCheck, isOwn: false },
    server: inheritedServerSettings(former.server),
    external: { ...former.external },
    httpOnly: new Set(former.httpOnly),
    httpOptions: new Set(former.httpOptions),
    emailAlert: new Set(former.emailAlert),
  };
}

/** What a server begins with: what `default-server` said, as in `inheritedSettings`. */
export function inheritedServerSettings(former: ServerSettings): ServerSettings {
  return {
    ...former,
    sendProxy: { ...former.sendProxy },
    proxyV2Options: [...former.proxyV2Options],
    tlvs: [...former.tlvs],
    http: { ...former.http },
    tls: inheritedServerTlsWords(former.tls),
  };
}

/** The `global` section before its first line. */
export function startGlobal(): GlobalDraft {
  return {
    ...globalDefaults,
    http: { ...globalDefaults.http, caseAdjust: [] },
    ssh: { ...globalDefaults.ssh },
    logs: [],
    statsSockets: [],
    setVars: [],
    withoutEffect: [],
    serverStateFile: null,
    serverStateBase: null,
    sharesPorts: true,
    acceptFamily: null,
    externalCheck: false,
    unixBind: { prefix: "", mode: null, uid: null, gid: null },
    forkWanted: false,
    stickCounters: 3,
    tls: newTlsGlobals(),
    asksSsh: false,
    isExperimental: false,
    serverVerify: "required",
    seen: new Set(),
  };
}

/** A proxy whose lines say nothing, and who has no `defaults`. */
function startSettings(): Settings {
  return {
    ...proxyDefaults,
    ...frontendDefaults,
    ...backendDefaults,
    mode: { value: "tcp", statement: null },
    logs: [],
    logFormat: null,
    errorLogFormat: null,
    logFormatSd: null,
    uniqueIdFormat: null,
    retriesConnects: true,
    timeouts: { ...frontendTimeouts, ...backendTimeouts },
    clientKeepAlive: false,
    serverKeepAlive: false,
    keepAlive: {
      client: { idleSeconds: null, intervalSeconds: null, count: null },
      server: { idleSeconds: null, intervalSeconds: null, count: null },
    },
    smartAccept: false,
    http: startHttp(),
    ssh: {
      isRead: false,
      isRequired: false,
      refusal: null,
      startups: {},
      hostKeysInterMs: null,
      pins: [],
      penalties: null,
    },
    transparent: false,
    isBalanced: false,
    defaultBackend: null,
    check: { kind: "none" },
    checkLists: newCheckLists(),
    sshCheck: startSshChecks,
    disableOn404: false,
    sendState: false,
    server: startServerSettings(),
    serverStateFrom: "none",
    serverStateName: null,
    external: { command: null, path: null },
    httpOnly: new Set(),
    httpOptions: new Set(),
    emailAlert: new Set(),
    mailers: null,
  };
}

function startServerSettings(): ServerSettings {
  return {
    ...serverDefaults,
    ...serverCheckDefaults,
    check: false,
    checkAddress: null,
    checkPort: null,
    checkSendProxy: false,
    agentCheck: false,
    agentAddress: null,
    agentPort: 0,
    agentInterMs: 0,
    agentSend: "",
    track: null,
    sendProxy: { v1: false, v2: false, ssl: false, sslCn: false },
    proxyV2Options: [],
    tlvs: [],
    initAddr: [],
    startups: {},
    http: { ...httpServerDefaults },
    hostKeyPins: null,
    tls: newServerTlsWords(),
  };
}

/** A `bind` line before its options: `global`'s `unix-bind` holds for it. */
export function startBind(
  { unixBind: { mode, uid, gid } }: GlobalDraft,
  line: Pick<BindDraft, "address" | "isName" | "text" | "position" | "statement">,
): BindDraft {
  return {
    ...bindDefaults,
    mode,
    uid,
    gid,
    ...line,
    idGiven: false,
    level: "operator",
    severityOutput: "none",
    tlsWords: newBindTlsWords(),
  };
}
