/**
 * What is planned of HTTP: what frontends and backends in `mode http` have besides, and pages. Like all of a Plan it is plain
 * JSON, so bytes stand as latin1 text, one character a byte.
 */
import type { Condition } from "./rules/acl.ts";
import { type CompressionLimits, compressionLimits, type CompressionPlan } from "./compression.ts";
import type { ReplyPlan, Rule } from "./rules/rule.ts";

/** `option http-keep-alive`, `http-server-close`, `httpclose`: of frontend and backend the one that closes more holds. */
export type ConnectionMode = "keep-alive" | "server-close" | "close";

/** `option forwardfor` and `originalto`: a field with the client's address, or with the one that it connected to. */
export interface AddressFieldPlan {
  /** As written. */
  readonly name: string;
  /** Of addresses in this network (CIDR) nothing is said. */
  readonly except: string | null;
  /** Not where the request has such a field; holds only where frontend and backend, if both ask, agree. */
  readonly ifNone: boolean;
}

/**
 * What is sent in the place of a status of ours: `errorfile` (kind "file": a whole response as it stands there; where that is
 * empty, the connection is closed without an answer), `errorloc` (kind "redirect"), `http-error` (kind "page": HAProxy's own).
 */
export type ErrorPagePlan =
  ReplyPlan | { readonly kind: "redirect"; readonly status: 302 | 303; readonly location: string };

/** By status; what is not there is HAProxy's own page. */
export type ErrorPages = Readonly<Partial<Record<ErrorStatus, ErrorPagePlan>>>;

/** The statuses that HAProxy has pages for. */
export const errorStatuses = [
  200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504,
] as const;

export type ErrorStatus = (typeof errorStatuses)[number];

/** `timeout …` of HTTP; 0: not said. */
export interface HttpTimeouts {
  /** For a whole head; not said: the client's silence alone counts. */
  readonly httpRequestMs: number;
  /** Between an answer and the next request; not said: as `httpRequestMs`, or as the client's. */
  readonly httpKeepAliveMs: number;
  /** As `timeout connect` where nothing is said. */
  readonly tarpitMs: number;
}

export const httpTimeouts: HttpTimeouts = { httpRequestMs: 0, httpKeepAliveMs: 0, tarpitMs: 0 };

/** What lines of either kind of proxy say of HTTP as they are; what holds where they do not is in `httpDefaults`. */
export interface HttpOptions {
  readonly connection: ConnectionMode;
  readonly forwardFor: AddressFieldPlan | null;
  readonly originalTo: AddressFieldPlan | null;
  /** `option http-buffer-request`: the body, as far as it fits, is waited for before rules and servers. */
  readonly buffersRequest: boolean;
  /** `option http-restrict-req-hdr-names`: what happens to fields with other characters than letters, digits and `-`. */
  readonly fieldNames: "preserve" | "reject" | "delete";
  /** The statistics page, where it is asked for. */
  readonly statsPage: StatsPagePlan | null;
  /** Null: nothing is said of it. */
  readonly compression: CompressionPlan | null;
}

export const httpDefaults: HttpOptions = {
  connection: "keep-alive",
  forwardFor: null,
  originalTo: null,
  buffersRequest: false,
  fieldNames: "preserve",
  statsPage: null,
  compression: null,
};

/** What both halves have. */
export interface HttpProxyPlan extends HttpOptions {
  /** `http-request`. Both halves of a `listen` have its rules: an exchange that stays in its section meets them once. */
  readonly requestRules: readonly Rule[];
  /** `http-response`: the backend's, then the frontend's. */
  readonly responseRules: readonly Rule[];
  /** `http-after-response`: of answers of ours, too. */
  readonly afterResponseRules: readonly Rule[];
  /** `redirect` lines, action kind "redirect": after the `http-request` rules of the same half. */
  readonly redirectRules: readonly Rule[];
  /** Those of a backend come before those of the frontend. */
  readonly errorPages: ErrorPages;
  readonly httpTimeouts: HttpTimeouts;
}

/** What lines of a frontend say of HTTP as they are. */
export interface HttpFrontendOptions {
  /** `option accept-invalid-http-request`. */
  readonly acceptsInvalidRequest: boolean;
  /** `option http-ignore-probes`: a connection that ends without a request gets no answer and no line. */
  readonly ignoresProbes: boolean;
  /** `option http-use-proxy-header`: who asks as one asks a proxy has to authenticate as to one (407). */
  readonly usesProxyConnection: boolean;
  /** `option idle-close-on-response`: while it ends, idle connections wait for one more request. */
  readonly closesIdleOnResponse: boolean;
  /** `option h1-case-adjust-bogus-client`. */
  readonly adjustsCaseForClients: boolean;
  /** Answered at once with 200, or 503 where one of `monitorFail` holds. The whole target has to be the same. */
  readonly monitorUri: string | null;
  /** `unique-id-header`; the id is `uniqueIdFormat`'s. */
  readonly uniqueIdHeader: string | null;
  readonly captureCookie: CookieCapturePlan | null;
  /** `max-session-srv-conns`. */
  readonly maxSessionServerConnections: number;
}

export const httpFrontendDefaults: HttpFrontendOptions = {
  acceptsInvalidRequest: false,
  ignoresProbes: false,
  usesProxyConnection: false,
  closesIdleOnResponse: false,
  adjustsCaseForClients: false,
  monitorUri: null,
  uniqueIdHeader: null,
  captureCookie: null,
  maxSessionServerConnections: 5,
};

/** A frontend in `mode http`. */
export interface HttpFrontendPlan extends HttpProxyPlan, HttpFrontendOptions {
  readonly monitorFail: readonly Condition[];
  /** `capture request header` and `declare capture request`: a slot each. */
  readonly requestCaptures: readonly CapturePlan[];
  readonly responseCaptures: readonly CapturePlan[];
}

/** A slot for what is captured. */
export interface CapturePlan {
  /** The field, as written; null where only rules fill it (`declare capture`). */
  readonly field: string | null;
  /** Most bytes that are kept. */
  readonly length: number;
}

/** `capture cookie`: the first cookie whose `name=value` begins with `start` is logged, so long. */
export interface CookieCapturePlan {
  readonly start: string;
  readonly length: number;
}

/** What lines of a backend say of HTTP as they are. */
export interface HttpBackendOptions {
  /** `option accept-invalid-http-response`. */
  readonly acceptsInvalidResponse: boolean;
  /** `option http-pretend-keepalive`. */
  readonly pretendsKeepAlive: boolean;
  /** `option checkcache`: a cookie in what caches may keep is blocked. */
  readonly checksCache: boolean;
  /** `option prefer-last-server`: an exchange without persistence goes where the one before went. */
  readonly prefersLastServer: boolean;
  /** `option h1-case-adjust-bogus-server`. */
  readonly adjustsCaseForServers: boolean;
  /** `cookie`. */
  readonly cookie: CookiePlan | null;
  /** `dynamic-cookie-key`. */
  readonly dynamicCookieKey: string | null;
  /** `http-reuse`. */
  readonly reuse: "never" | "safe" | "aggressive" | "always";
  /** `http-send-name-header`: the field with the server's name. */
  readonly serverNameHeader: string | null;
  /** `max-keep-alive-queue`; -1: no limit. */
  readonly maxKeepAliveQueue: number;
  /** `retry-on`, what of it is HTTP's. */
  readonly retryOn: RetryPlan;
  /** `retries`: how often `retryOn` sends a request again; that of connections may be 0 where this is not. */
  readonly retries: number;
}

export const httpBackendDefaults: HttpBackendOptions = {
  acceptsInvalidResponse: false,
  pretendsKeepAlive: false,
  checksCache: false,
  prefersLastServer: false,
  adjustsCaseForServers: false,
  cookie: null,
  dynamicCookieKey: null,
  reuse: "safe",
  serverNameHeader: null,
  maxKeepAliveQueue: -1,
  retryOn: { emptyResponse: false, junkResponse: false, responseTimeout: false, statuses: [] },
  retries: 3,
};

/** A backend in `mode http`. */
export interface HttpBackendPlan extends HttpProxyPlan, HttpBackendOptions {}

/** After what a request that may be sent again is sent again; a connection that fails is `BackendPlan.retries`. */
export interface RetryPlan {
  readonly emptyResponse: boolean;
  readonly junkResponse: boolean;
  readonly responseTimeout: boolean;
  readonly statuses: readonly number[];
}

/** `cookie`: persistence by a cookie, whose value is a server's `cookie`. */
export interface CookiePlan {
  readonly name: string;
  /** "passive": the server's own cookie is only learned from. */
  readonly mode: "passive" | "rewrite" | "insert" | "prefix";
  /** Not shown to servers; not set where the client has it already. */
  readonly indirect: boolean;
  readonly nocache: boolean;
  /** Only in answers to POST. */
  readonly postonly: boolean;
  /** A server's own cookie of that name is let through. */
  readonly preserve: boolean;
  readonly httponly: boolean;
  readonly secure: boolean;
  /** `domain`s, in order. */
  readonly domains: readonly string[];
  /** In seconds; 0: no end. */
  readonly maxIdleSeconds: number;
  readonly maxLifeSeconds: number;
  /** Servers without a `cookie` have one worked out from their address and `dynamicCookieKey`. */
  readonly dynamic: boolean;
  /** `attr`, in order. */
  readonly attributes: readonly string[];
}

/** What a `server` line says of HTTP; `httpServerDefaults` has what holds where it does not. */
export interface HttpServerOptions {
  readonly cookie: string | null;
  /** GET and HEAD are sent there instead, with a 302: this, then the target. */
  readonly redirectPrefix: string | null;
  /** Most idle connections; -1: no limit. */
  readonly poolMax: number;
  /** How often half of those not needed are closed. */
  readonly poolPurgeMs: number;
  /** Most requests of a connection after the first; -1: no limit. */
  readonly maxReuse: number;
}

export const httpServerDefaults: HttpServerOptions = {
  cookie: null,
  redirectPrefix: null,
  poolMax: -1,
  poolPurgeMs: 5000,
  maxReuse: -1,
};

/** The statistics page of a proxy (`stats …`). */
export interface StatsPagePlan {
  /** A target that begins with it asks for the page. */
  readonly uri: string;
  /** Null: HAProxy's, where `users` or a rule ask for one. */
  readonly realm: string | null;
  /** `stats auth`. Empty: everybody, unless rules say otherwise. */
  readonly users: readonly { readonly name: string; readonly password: string }[];
  /** Names of the proxies shown, "." for the one that it stands in; empty: all. */
  readonly scope: readonly string[];
  readonly showsVersion: boolean;
  /** "": the process's own. */
  readonly node: string | null;
  /** "": the process's own. */
  readonly description: string | null;
  readonly showsLegends: boolean;
  readonly showsModules: boolean;
  /** 0: the page is not loaded again by itself. */
  readonly refreshSeconds: number;
  /** `stats admin`: the first that holds gives the right to change; none: nobody has it. */
  readonly adminRules: readonly Condition[];
  /** `stats http-request`: allow, deny and auth. */
  readonly requestRules: readonly Rule[];
}

/** What holds of HTTP for the whole process. */
export interface HttpGlobalPlan {
  /** `tune.http.maxhdr`. */
  readonly maxFields: number;
  /** `tune.http.cookielen`. */
  readonly cookieLength: number;
  /** `tune.http.logurilen`. */
  readonly logUriLength: number;
  /** `h1-accept-payload-with-any-method`: GET, HEAD and DELETE of HTTP/1.0 may have a body. */
  readonly acceptsAnyPayload: boolean;
  /** `h1-case-adjust` and `h1-case-adjust-file`: names in lower case to names as written. */
  readonly caseAdjust: readonly (readonly [from: string, to: string])[];
  readonly compression: CompressionLimits;
}

export const httpGlobalDefaults: HttpGlobalPlan = {
  maxFields: 101,
  cookieLength: 63,
  logUriLength: 1023,
  acceptsAnyPayload: false,
  caseAdjust: [],
  compression: compressionLimits,
};
