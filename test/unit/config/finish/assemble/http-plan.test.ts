/** What lines of HTTP come to in the Plan of a section in `mode http`. */
import { describe, expect, test } from "bun:test";
import { compressionLimits } from "../../../../../src/plan/compression.ts";
import type { BackendPlan, FrontendPlan } from "../../../../../src/plan/proxy.ts";
import type { Plan } from "../../../../../src/plan/plan.ts";
import { readText } from "../../../../cases/case.ts";

const page = "HTTP/1.0 503 Out\r\nContent-Length: 2\r\n\r\n\xe4\x80";
const files = { "/page": page, "/empty": "", "/names": "# names\nte TE\nx-y X-y\n" };

function read(text: string): Plan {
  const { plan, diagnostics } = readText(text, files);
  if (plan === null) throw new Error(diagnostics.all.map((one) => one.text).join("\n"));
  return plan;
}

/** A `listen` in `mode http` with these lines. */
function planOf(lines: string, before = "", server = ""): Plan {
  return read(`${before}defaults
 timeout client 1s
 timeout server 1s
 timeout connect 3s
listen l
 mode http
 bind 127.0.0.1:9
 ${lines}
 server s 127.0.0.1:1 ${server}
`);
}

const front = (plan: Plan): NonNullable<FrontendPlan["http"]> => {
  const http = plan.frontends[0]?.http;
  if (http === null || http === undefined) throw new Error("no frontend in mode http");
  return http;
};
const back = (plan: Plan): NonNullable<BackendPlan["http"]> => {
  const http = plan.backends[0]?.http;
  if (http === null || http === undefined) throw new Error("no backend in mode http");
  return http;
};

describe("both halves", () => {
  const rows: readonly (readonly [lines: string, expected: object])[] = [
    ["", { connection: "keep-alive", forwardFor: null, statsPage: null, errorPages: {}, fieldNames: "preserve" }],
    ["option httpclose", { connection: "close" }],
    ["option http-server-close\n option httpclose\n no option httpclose", { connection: "keep-alive" }],
    ["option http-server-close\n no option httpclose", { connection: "server-close" }],
    ["option forwardfor", { forwardFor: { name: "X-Forwarded-For", except: null, ifNone: false } }],
    [
      "option forwardfor except 10.0.0.0/255.255.0.0 header X-Client if-none",
      { forwardFor: { name: "X-Client", except: "10.0.0.0/16", ifNone: true } },
    ],
    ["option originalto except ::1", { originalTo: { name: "X-Original-To", except: "::1/128", ifNone: false } }],
    ["option http-restrict-req-hdr-names delete", { fieldNames: "delete" }],
    ["option http-buffer-request", { buffersRequest: true }],
    ["", { httpTimeouts: { httpRequestMs: 0, httpKeepAliveMs: 0, tarpitMs: 3000 } }],
    [
      "timeout http-request 5s\n timeout http-keep-alive 2\n timeout tarpit 1m",
      { httpTimeouts: { httpRequestMs: 5000, httpKeepAliveMs: 2, tarpitMs: 60_000 } },
    ],
    ["errorfile 503 /page", { errorPages: { 503: { kind: "file", status: 503, content: page } } }],
    ["errorfile 503 /empty", { errorPages: { 503: { kind: "file", status: 503, content: "" } } }],
    ["errorloc 500 /a", { errorPages: { 500: { kind: "redirect", status: 302, location: "/a" } } }],
    [
      "errorloc303 500 /a\n errorfile 500 /page\n errorloc302 404 /b\n errorloc303 404 /c",
      {
        errorPages: {
          404: { kind: "redirect", status: 303, location: "/c" },
          500: { kind: "file", status: 500, content: page },
        },
      },
    ],
  ];
  test.each(rows)("%s", (lines, expected) => {
    const plan = planOf(lines);
    expect(front(plan)).toMatchObject(expected);
    expect(back(plan)).toMatchObject(expected);
  });

  test("pages of an http-errors section, as far as it has them", () => {
    const section = "http-errors e\n errorfile 500 /page\n errorfile 503 /empty\n";
    const of = (lines: string): string[] => Object.keys(front(planOf(lines, section)).errorPages);
    expect(of("errorfiles e")).toEqual(["500", "503"]);
    expect(of("errorfiles e 503")).toEqual(["503"]);
    expect(of("errorfiles e 404 503")).toEqual(["503"]);
  });

  test("a section in mode tcp has none", () => {
    const plan = planOf("mode tcp\n option forwardfor\n cookie A insert\n balance uri");
    expect(plan.frontends[0]).toMatchObject({ mode: "tcp", http: null });
    expect(plan.backends[0]).toMatchObject({ mode: "tcp", http: null, balance: { algorithm: "roundrobin" } });
  });
});

describe("the frontend", () => {
  const rows: readonly (readonly [lines: string, expected: object])[] = [
    ["", { monitorUri: null, captureCookie: null, maxSessionServerConnections: 5, uniqueIdHeader: null }],
    [
      "option accept-invalid-http-request\n option http-ignore-probes\n option http-use-proxy-header",
      { acceptsInvalidRequest: true, ignoresProbes: true, usesProxyConnection: true },
    ],
    [
      "option idle-close-on-response\n option h1-case-adjust-bogus-client",
      { closesIdleOnResponse: true, adjustsCaseForClients: true },
    ],
    ["monitor-uri /up", { monitorUri: "/up" }],
    ["unique-id-header X-Id\n max-session-srv-conns 2", { uniqueIdHeader: "X-Id", maxSessionServerConnections: 2 }],
    ["capture cookie SESS= len 20", { captureCookie: { start: "SESS=", length: 20 } }],
    ["capture cookie SESS len 200", { captureCookie: { start: "SESS", length: 63 } }],
    [
      "capture request header Host len 9\n declare capture request len 3\n capture response header Server len 7",
      {
        requestCaptures: [
          { field: "Host", length: 9 },
          { field: null, length: 3 },
        ],
        responseCaptures: [{ field: "Server", length: 7 }],
      },
    ],
  ];
  test.each(rows)("%s", (lines, expected) => expect(front(planOf(lines))).toMatchObject(expected));

  test("when its monitor fails", () => {
    const { monitorFail } = front(planOf("monitor fail if { nbsrv(l) lt 1 }\n monitor fail unless TRUE"));
    expect(monitorFail.map(({ unless }) => unless)).toEqual([false, true]);
  });
});

describe("the backend", () => {
  const plain = {
    indirect: false,
    nocache: false,
    postonly: false,
    preserve: false,
    httponly: false,
    secure: false,
    domains: [],
    maxIdleSeconds: 0,
    maxLifeSeconds: 0,
    dynamic: false,
    attributes: [],
  };
  const none = { emptyResponse: false, junkResponse: false, responseTimeout: false, statuses: [] };
  const rows: readonly (readonly [lines: string, expected: object])[] = [
    ["", { cookie: null, reuse: "safe", serverNameHeader: null, maxKeepAliveQueue: -1, retryOn: none }],
    ["cookie SRV", { cookie: { ...plain, name: "SRV", mode: "passive" } }],
    [
      "cookie SRV insert indirect nocache postonly preserve httponly secure domain .a.b domain c.d maxidle 30m maxlife 1500 attr X=1 attr Y",
      {
        cookie: {
          name: "SRV",
          mode: "insert",
          indirect: true,
          nocache: true,
          postonly: true,
          preserve: true,
          httponly: true,
          secure: true,
          domains: [".a.b", "c.d"],
          maxIdleSeconds: 1800,
          maxLifeSeconds: 1500,
          dynamic: false,
          attributes: ["X=1", "Y"],
        },
      },
    ],
    [
      "cookie SRV prefix dynamic\n dynamic-cookie-key secret",
      { cookie: { ...plain, name: "SRV", mode: "prefix", dynamic: true }, dynamicCookieKey: "secret" },
    ],
    ["http-reuse never\n http-send-name-header X-S", { reuse: "never", serverNameHeader: "X-S" }],
    ["max-keep-alive-queue 4", { maxKeepAliveQueue: 4 }],
    ["retry-on empty-response 503 404", { retryOn: { ...none, emptyResponse: true, statuses: [503, 404] } }],
    [
      "retry-on all-retryable-errors",
      { retryOn: { emptyResponse: true, junkResponse: true, responseTimeout: true, statuses: [500, 502, 503, 504] } },
    ],
    [
      "option accept-invalid-http-response\n option http-pretend-keepalive\n option checkcache",
      { acceptsInvalidResponse: true, pretendsKeepAlive: true, checksCache: true },
    ],
    [
      "option prefer-last-server\n option h1-case-adjust-bogus-server",
      { prefersLastServer: true, adjustsCaseForServers: true },
    ],
  ];
  test.each(rows)("%s", (lines, expected) => expect(back(planOf(lines))).toMatchObject(expected));

  const balances: readonly (readonly [lines: string, expected: object])[] = [
    ["balance uri", { algorithm: "uri", uri: { length: 0, depth: 0, whole: false, pathOnly: false } }],
    [
      "balance uri whole len 9 depth 2 path-only",
      { algorithm: "uri", uri: { length: 9, depth: 2, whole: true, pathOnly: true } },
    ],
    ["balance url_param id", { algorithm: "url_param", urlParam: { name: "id", checkPost: null } }],
    ["balance url_param id check_post", { algorithm: "url_param", urlParam: { name: "id", checkPost: 48 } }],
    ["balance url_param id check_post 1", { algorithm: "url_param", urlParam: { name: "id", checkPost: 3 } }],
    ["balance hdr(Host) use_domain_only", { algorithm: "hdr", header: { name: "Host", domainOnly: true } }],
  ];
  test.each(balances)("%s", (lines, expected) => expect(planOf(lines).backends[0]?.balance).toEqual(expected as never));

  test("its servers", () => {
    const words = "cookie a redir http://x max-reuse 4 pool-max-conn 9 pool-purge-delay 2s observe layer7";
    const server = planOf("", "", words).backends[0]?.servers[0];
    expect(server?.http).toEqual({
      cookie: "a",
      redirectPrefix: "http://x",
      maxReuse: 4,
      poolMax: 9,
      poolPurgeMs: 2000,
    });
    expect(server?.observe).toBe("layer7");
  });
});

const statsPage = (lines: string): object | null => front(planOf(lines)).statsPage;

/** A `listen` with these lines, from a `defaults` that asks for the page. */
const heir = (own: string): string => `defaults
 mode http
 timeout client 1s
 timeout server 1s
 timeout connect 1s
 stats uri /s
 stats auth a:b
listen l
 bind 127.0.0.1:9
${own} server s 127.0.0.1:1
`;

describe("the statistics page", () => {
  test("any line asks for it", () => {
    expect(statsPage("stats hide-version")).toMatchObject({ uri: "/haproxy?stats", showsVersion: false, users: [] });
  });

  test("all that lines say of it", () => {
    const lines = [
      "uri /s",
      "realm My\\ realm",
      "auth a:b:c",
      "auth d",
      "scope .",
      "scope x",
      "show-node n",
      "show-desc two words",
      "show-legends",
      "show-modules",
      "refresh 90s",
      "admin if TRUE",
    ].map((line) => `stats ${line}`);
    expect(statsPage(lines.join("\n "))).toMatchObject({
      uri: "/s",
      realm: "My realm",
      users: [
        { name: "a", password: "b:c" },
        { name: "d", password: "" },
      ],
      scope: [".", "x"],
      showsVersion: true,
      node: "n",
      description: "two words",
      showsLegends: true,
      showsModules: true,
      refreshSeconds: 90,
      adminRules: [{ unless: false }],
    });
  });

  test("a section's own first line begins another", () => {
    expect(front(read(heir(""))).statsPage).toMatchObject({ uri: "/s", users: [{ name: "a" }] });
    expect(front(read(heir(" stats refresh 5s\n"))).statsPage).toMatchObject({ uri: "/haproxy?stats", users: [] });
  });
});

describe("the whole process", () => {
  test("bounds, and names as written", () => {
    const lines =
      "global\n tune.http.maxhdr 50\n tune.http.cookielen 20\n tune.http.logurilen 99\n h1-accept-payload-with-any-method\n h1-case-adjust a A\n h1-case-adjust-file /names\n";
    expect(planOf("", lines).global.http).toEqual({
      maxFields: 50,
      cookieLength: 20,
      logUriLength: 99,
      acceptsAnyPayload: true,
      caseAdjust: [
        ["a", "A"],
        ["te", "TE"],
        ["x-y", "X-y"],
      ],
      compression: compressionLimits,
    });
  });

  test("limits of compression, in bytes", () => {
    const lines =
      "global\n maxcomprate 10\n maxcompcpuusage 70\n maxzlibmem 3\n tune.comp.maxlevel 6\n tune.zlib.memlevel 7\n tune.zlib.windowsize 12\n";
    expect(planOf("", lines).global.http.compression).toEqual({
      bytesPerSecond: 10_240,
      processorPercent: 70,
      zlibBytes: 3_145_728,
      level: 6,
      memoryLevel: 7,
      windowBits: 12,
    });
  });

  test("users, with the groups of either line", () => {
    const list =
      "userlist u\n group g users b\n group h\n user a insecure-password x groups g,h\n user b password $5$y$z\n user c\n";
    expect(planOf("", list).userlists).toEqual([
      {
        name: "u",
        users: [
          { name: "a", password: "x", isHashed: false, groups: ["g", "h"] },
          { name: "b", password: "$5$y$z", isHashed: true, groups: ["g"] },
          { name: "c", password: null, isHashed: false, groups: [] },
        ],
      },
    ]);
  });

  test("defaults are of either mode: each section takes what it knows", () => {
    const plan = read(`defaults
 timeout client 1s
 timeout server 1s
 timeout connect 1s
 option forwardfor
 default-server observe layer7
listen t
 bind 127.0.0.1:8
 server s 127.0.0.1:1
listen h
 mode http
 bind 127.0.0.1:9
 server s 127.0.0.1:1
`);
    expect(plan.frontends.map(({ http }) => http?.forwardFor?.name ?? null)).toEqual([null, "X-Forwarded-For"]);
    expect(plan.backends.map(({ servers }) => servers[0]?.observe)).toEqual([null, "layer7"]);
    expect(plan.global.withoutEffect).toEqual([]);
  });
});
