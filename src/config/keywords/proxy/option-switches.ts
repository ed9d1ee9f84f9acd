/** `option …` of proxies that only switch something on or off (manual, 4.2). */
import type { SplicePlan } from "../../../plan/proxy.ts";
import type { Settings } from "../../draft/draft.ts";
import type { HttpSettings } from "../../draft/http.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { rowsOf, type Row } from "../../row/row.ts";
import { words } from "../../row/value.ts";
import { httpRow } from "./http-row.ts";

const { works, idle } = rowsOf<ProxySection>("proxy");

type Half = "frontend" | "backend" | null;

const where = (half: Half): string => (half === null ? "DFLB" : half === "frontend" ? "DFL" : "DLB");

/** Told whether an option stands without `no`. */
type SetOption = (settings: Settings, isOn: boolean) => void;

type Flag = keyof { [Field in keyof Settings as boolean extends Settings[Field] ? Field : never]: true };

const flag =
  (field: Flag): SetOption =>
  (settings, isOn) =>
    void (settings[field] = isOn);

const splice =
  (field: keyof SplicePlan): SetOption =>
  (settings, isOn) =>
    void (settings.splice = { ...settings.splice, [field]: isOn });

function working(name: string, set: SetOption, half: Half, tier: "A" | "B" | "C", help: string): Row<ProxySection> {
  return works(`option ${name}`, {
    where: where(half),
    tier,
    help,
    ...(half === null ? {} : { needs: half, misplaced: (label) => misplaced(name, label, half) }),
    negatable: true,
    words: words(`option ${name}`, []),
    land: (target, _values, line) => set(target.settings, !line.negated),
  });
}

function idling(
  name: string,
  half: Half,
  tier: "A" | "B" | "C" | null,
  reason: string,
  needsHttp: boolean,
  set?: SetOption,
): Row<ProxySection> {
  return idle(`option ${name}`, {
    where: where(half),
    tier,
    help: "A detail of HAProxy's own working.",
    ...(half === null ? {} : { needs: half, misplaced: (label) => misplaced(name, label, half) }),
    negatable: true,
    reason,
    words: words(`option ${name}`, []),
    check(target, line) {
      set?.(target.settings, !line.negated);
      if (!needsHttp) return;
      if (line.negated) target.settings.httpOptions.delete(name);
      else target.settings.httpOptions.add(name);
    },
  });
}

type HttpFlag = keyof {
  [Field in keyof HttpSettings as boolean extends HttpSettings[Field] ? Field : never]: true;
};

/** Options of which HAProxy says nothing in `mode tcp`. */
const untold = new Set(["h1-case-adjust-bogus-client", "h1-case-adjust-bogus-server"]);

function httpSwitch(name: string, field: HttpFlag, half: Half, help: string): Row<ProxySection> {
  return httpRow(`option ${name}`, {
    where: where(half),
    tier: "C",
    help,
    ...(half === null ? {} : { needs: half, misplaced: (label) => misplaced(name, label, half) }),
    negatable: true,
    words: words(`option ${name}`, []),
    land({ settings }, _values, { negated }) {
      settings.http[field] = !negated;
      if (untold.has(name)) return;
      if (negated) settings.httpOptions.delete(name);
      else settings.httpOptions.add(name);
    },
  });
}

/** HAProxy names an option without `option` here. */
function misplaced(name: string, label: string, half: "frontend" | "backend"): string {
  return `'${name}' ignored because ${label} has no ${half} capability.`;
}

/** The rows of this file. */
export const switchRows: readonly Row<ProxySection>[] = [
  working("abortonclose", flag("abortOnClose"), "backend", "B", "Drops a queued session when its client has gone."),
  working("allbackups", flag("allBackups"), "backend", "B", "Uses all backup servers, not only the first."),
  working("clitcpka", flag("clientKeepAlive"), "frontend", "A", "TCP keepalive towards clients."),
  working("contstats", flag("contStats"), "frontend", "B", "Counts bytes while sessions go on."),
  working("dontlog-normal", flag("dontLogNormal"), "frontend", "A", "Logs only sessions that went wrong."),
  working("dontlognull", flag("dontLogNull"), "frontend", "A", "Logs no session without a byte."),
  working(
    "independent-streams",
    flag("independentStreams"),
    null,
    "B",
    "Does not take what is sent to a side for a sign of its life.",
  ),
  working("log-health-checks", flag("logHealthChecks"), "backend", "A", "Logs each change of a check's result."),
  working(
    "log-separate-errors",
    flag("logSeparateErrors"),
    "frontend",
    "A",
    "Logs sessions that went wrong as errors.",
  ),
  working("logasap", flag("logAsap"), "frontend", "A", "Logs when the server is connected, not at the end."),
  working("nolinger", flag("nolinger"), null, "B", "Closes with RST."),
  working("persist", flag("persist"), "backend", "B", "Sticks to a server even when it is down."),
  working("socket-stats", flag("socketStats"), "frontend", "B", "Statistics for each listener."),
  working("splice-auto", splice("auto"), null, "B", "Moves bytes inside the kernel early; refused, never."),
  working(
    "splice-request",
    splice("request"),
    null,
    "B",
    "Moves the client's bytes inside the kernel early; refused, never.",
  ),
  working(
    "splice-response",
    splice("response"),
    null,
    "B",
    "Moves the server's bytes inside the kernel early; refused, never.",
  ),
  working("srvtcpka", flag("serverKeepAlive"), "backend", "A", "TCP keepalive towards servers."),
  working(
    "tcp-smart-accept",
    flag("smartAccept"),
    "frontend",
    "B",
    "Leaves the handshake's last ACK to the first data.",
  ),
  working(
    "tcp-smart-connect",
    flag("tcpSmartConnect"),
    "backend",
    "B",
    "Sends the first data with the handshake's last ACK.",
  ),
  working("transparent", flag("transparent"), "backend", "C", "Goes where the client wanted to, without a server."),
  httpSwitch(
    "h1-case-adjust-bogus-client",
    "adjustsCaseForClients",
    "frontend",
    "Writes names as `h1-case-adjust` has them to clients.",
  ),
  httpSwitch(
    "h1-case-adjust-bogus-server",
    "adjustsCaseForServers",
    "backend",
    "Writes names as `h1-case-adjust` has them to servers.",
  ),
  httpSwitch(
    "accept-invalid-http-request",
    "acceptsInvalidRequest",
    "frontend",
    "Lets some requests pass that break rules of HTTP.",
  ),
  httpSwitch(
    "accept-invalid-http-response",
    "acceptsInvalidResponse",
    "backend",
    "Lets some answers pass that break rules of HTTP.",
  ),
  httpSwitch("http-ignore-probes", "ignoresProbes", "frontend", "Says nothing of connections without a request."),
  httpSwitch(
    "http-use-proxy-header",
    "usesProxyConnection",
    "frontend",
    "Asks who asks as one asks a proxy to authenticate as to one (407).",
  ),
  httpSwitch(
    "idle-close-on-response",
    "closesIdleOnResponse",
    "frontend",
    "Waits for one more request of idle clients at the end.",
  ),
  httpSwitch("checkcache", "checksCache", "backend", "Blocks cookies in answers that caches may keep."),
  httpSwitch(
    "http-pretend-keepalive",
    "pretendsKeepAlive",
    "backend",
    "Does not tell servers that their connection will be closed.",
  ),
  httpSwitch("prefer-last-server", "prefersLastServer", "backend", "Goes on with the server of the last request."),
  httpSwitch("http-buffer-request", "buffersRequest", null, "Waits for the body before a server is asked."),
  idling("http-no-delay", null, "C", "what has come is sent at once anyway", true),
  idling("disable-h2-upgrade", "frontend", null, "HTTP/2 is not spoken", true),
];
