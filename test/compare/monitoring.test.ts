/** What watches HAProxy reads its statistics page, unmodified: the same is found on the page here, and on the health endpoint. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type Forwarder, startForwarder } from "../e2e/forwarder.ts";
import { commandPath, freePort, must, run, type Running, scratch, start, testWith, waitUntil } from "../e2e/harness.ts";

const side = { haproxy: null as Running | null, fairlead: null as Forwarder | null };
const folder = scratch();
const names = ["haproxy", "fairlead"] as const;
const ports = { haproxy: { page: 0, web: 0, tcp: 0 }, fairlead: { page: 0, web: 0, tcp: 0 } };
let server: Server | null = null;

function socketOf(name: "haproxy" | "fairlead"): string {
  return folder.file(name);
}

function sections(name: "haproxy" | "fairlead", origin: number): string {
  const { page, web, tcp } = ports[name];
  return `global
    maxconn 1000
    stats socket ${socketOf(name)} level admin
defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
listen st
    bind 127.0.0.1:${page}
    stats enable
    stats uri /stats
    stats auth user:pass
frontend web
    bind 127.0.0.1:${web}
    maxconn 100
    http-request use-service prometheus-exporter if { path /metrics }
    default_backend be
backend be
    server up 127.0.0.1:${origin} check inter 100ms maxconn 50
    server down 127.0.0.1:1 check inter 100ms downinter 60s fall 1
    server maint 127.0.0.1:1 disabled
    server spare 127.0.0.1:${origin} backup
    server plain 127.0.0.1:${origin}
listen ssh
    mode tcp
    bind 127.0.0.1:${tcp}
    server s 127.0.0.1:1 check inter 100ms downinter 60s fall 1
`;
}

/** Where the statistics are asked for by HTTP, with name and password in it. */
function url(name: "haproxy" | "fairlead"): string {
  return `http://user:pass@127.0.0.1:${ports[name].page}/stats`;
}

function healthUrl(): string {
  return `http://${side.fairlead?.health}`;
}

async function curl(...words: string[]): Promise<string> {
  return must(["curl", "-sS", "-m", "10", ...words]);
}

/** Both with the same servers and the same requests behind them. */
beforeAll(async () => {
  if (Bun.which("haproxy", { PATH: `${process.env["PATH"]}:/usr/sbin` }) === null) return;
  server = createServer((question, answer) => {
    answer.writeHead(question.url === "/no" ? 404 : 200, { "content-length": 5, date: "x" }).end("hello");
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const origin = (server.address() as { port: number }).port;
  for (const name of names) ports[name] = { page: await freePort(), web: await freePort(), tcp: await freePort() };
  const file = folder.file("haproxy.cfg");
  writeFileSync(file, sections("haproxy", origin));
  side.haproxy = start([commandPath("haproxy"), "-db", "-f", file]);
  side.fairlead = await startForwarder(sections("fairlead", origin), { whole: true });
  for (const name of names) {
    await waitUntil(`${name}'s checks`, async () => {
      const csv = await curl(`${url(name)};csv`);
      return /\nbe,up,.*,L4OK,/.test(csv) && /\nbe,down,.*,DOWN,/.test(csv) && /\nssh,BACKEND,.*,DOWN,/.test(csv);
    });
    for (const path of ["/", "/", "/no", "/"])
      await curl("-o", "/dev/null", `http://127.0.0.1:${ports[name].web}${path}`);
  }
}, 60_000);

afterAll(async () => {
  await side.haproxy?.[Symbol.asyncDispose]();
  await side.fairlead?.[Symbol.asyncDispose]();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(null));
  folder[Symbol.dispose]();
});

/**
 * What depends on the moment, and bytes: HAProxy counts those of its own form of a message. Of the page's own proxy each question
 * changes the figures.
 */
const varying: readonly [RegExp, string][] = [
  [/ t=[\d.]+s/g, " t=_s"],
  [/^(.*(?:_bin|_bout|_lastchg)\.value ).*$/gm, "$1_"],
  [/^st_.*\n/gm, ""],
  [/^haproxy_.*"st".*\n/gm, ""],
  [
    /^(haproxy_\w+_(?:bytes_\w+_total|time_average_seconds|downtime_seconds_total|check_duration_seconds)(?:\{.*\})?) .*$/gm,
    "$1 _",
  ],
  // Whether one client has gone before the next comes.
  [/^(haproxy_\w+_max_sessions(?:\{.*\})?) [12]$/gm, "$1 _"],
  [/^(haproxy_\w+_(?:current|max)_\w*rate(?:\{.*\})?|haproxy_exporter_\w+|haproxy_exporter_.*) .*$/gm, "$1 _"],
];

function steady(text: string): string[] {
  return varying
    .reduce((all, [pattern, instead]) => all.replaceAll(pattern, instead), text)
    .trimEnd()
    .split("\n");
}

/** What is said of HAProxy, which all others have to say, too. */
function first<Said>([expected, ...others]: readonly (readonly Said[])[]): readonly Said[] {
  for (const other of others) expect(other).toEqual(expected ?? []);
  return expected ?? [];
}

const nagios = "/usr/lib/nagios/plugins";

/** A plugin's exit code says how bad it is, and its one line why. */
async function plugin(...words: string[]): Promise<readonly unknown[]> {
  // Perl's tables have an order of their own at each start, unless told otherwise.
  const { code, stdout, stderr } = await run(words, { env: { PERL_HASH_SEED: "0", PERL_PERTURB_KEYS: "0" } });
  return [code, ...steady(stdout), stderr];
}

testWith([`${nagios}/check_haproxy`, "haproxy"], "check_haproxy", async () => {
  const said = await Promise.all(
    [`${url("haproxy")};csv`, `${url("fairlead")};csv`, `${healthUrl()}/;csv`].map((page) =>
      plugin(`${nagios}/check_haproxy`, "-U", "user", "-P", "pass", "-u", page),
    ),
  );
  expect(first(said)[0]).toBe(2);
  expect(first(said)[1]).toContain("'down' is DOWN on 'be' proxy");
});

testWith([`${nagios}/check_haproxy_stats`, "haproxy"], "check_haproxy_stats, by HTTP and over the socket", async () => {
  for (const words of [["-m"], ["-p", "web"]]) {
    const said = await Promise.all(
      [
        ["-U", url("haproxy")],
        ["-U", url("fairlead")],
        ["-U", `${healthUrl()}/stats`],
        ["-s", socketOf("haproxy")],
        ["-s", socketOf("fairlead")],
      ].map((place) => plugin(`${nagios}/check_haproxy_stats`, "-P", "st", ...place, ...words)),
    );
    expect(first(said)[1]).toMatch(/^Check haproxy (?:CRITICAL|OK) - /);
  }
});

const munin = "/usr/share/munin/plugins";

async function graphs(name: string, words: readonly string[], page: string): Promise<string[]> {
  const env = { MUNIN_LIBDIR: "/usr/share/munin", MUNIN_CAP_MULTIGRAPH: "1", username: "user", password: "pass" };
  return steady(await must([`${munin}/${name}`, ...words], { env: { ...env, url: `${page};csv;norefresh` } })).sort();
}

testWith([`${munin}/haproxy_`, `${munin}/haproxy_ng`, "haproxy"], "munin's plugins", async () => {
  for (const name of ["haproxy_", "haproxy_ng"]) {
    for (const words of [[], ["config"]]) {
      const pages = [url("haproxy"), url("fairlead"), `${healthUrl()}/stats`];
      expect(first(await Promise.all(pages.map((page) => graphs(name, words, page)))).length).toBeGreaterThan(5);
    }
  }
});

async function scraped(page: string): Promise<string[]> {
  const address = `127.0.0.1:${await freePort()}`;
  const words = [`--web.listen-address=${address}`, `--haproxy.scrape-uri=${page}`];
  await using exporter = start([commandPath("prometheus-haproxy-exporter"), ...words]);
  const text = await waitUntil("its metrics", () => curl(`http://${address}/metrics`));
  expect(exporter.stderr.text).not.toContain("level=error");
  expect(text).toContain("\nhaproxy_up 1\n");
  expect(text).toContain("\nhaproxy_exporter_csv_parse_failures_total 0\n");
  return steady(text).filter((line) => line.startsWith("haproxy_"));
}

testWith(["prometheus-haproxy-exporter", "haproxy"], "prometheus-haproxy-exporter", async () => {
  const expected = await scraped(`${url("haproxy")};csv`);
  expect(expected.length).toBeGreaterThan(200);
  expect(await scraped(`${url("fairlead")};csv`)).toEqual(expected);
  expect(await scraped(`${healthUrl()}/;csv`)).toEqual(expected);
});

/** What there is, of which kind, and of whom. */
async function series(page: string): Promise<string[]> {
  const lines = (await curl(page)).trimEnd().split("\n");
  return lines
    .filter((line) => !line.startsWith("# HELP") && !line.includes("fairlead_reloads_total"))
    .map((line) => (line.startsWith("#") ? line : line.replace(/ \S+$/, "").replace(/version="[^"]*"/, "")))
    .sort();
}

testWith(
  ["haproxy"],
  "Prometheus scrapes the same series of the same kinds, by a rule and on the health endpoint",
  async () => {
    for (const query of ["", "?scope=server", "?no-maint", "?scope=global&scope=frontend"]) {
      const expected = await series(`http://127.0.0.1:${ports.haproxy.web}/metrics${query}`);
      expect(expected.length).toBeGreaterThan(50);
      expect(await series(`http://127.0.0.1:${ports.fairlead.web}/metrics${query}`)).toEqual(expected);
      expect(await series(`${healthUrl()}/metrics${query}`)).toEqual(expected);
    }
  },
);

/** Rows of CSV as a strict reader takes them: as many fields as the head has names. */
function rows(csv: string): Map<string, Map<string, string>> {
  const [head = "", ...lines] = csv.trimEnd().split("\n");
  expect(head).toStartWith("# pxname,svname,");
  const columns = head.slice(2).split(",");
  return new Map(
    lines.map((line) => {
      const fields = line.split(",");
      expect(fields.length).toBe(columns.length);
      return [`${fields[0]}/${fields[1]}`, new Map(columns.map((column, at) => [column, fields[at] ?? ""]))];
    }),
  );
}

/** What telegraf's `inputs.haproxy` has names of its own for, and what it takes for text; all else it reads as a number. */
const telegraf = {
  named: "pxname svname act bck cli_abrt srv_abrt hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other".split(" "),
  texts: "status check_status last_chk mode tracked agent_status last_agt addr cookie check_desc agent_desc algo".split(
    " ",
  ),
};

test("telegraf finds its columns, and numbers in them", async () => {
  if (side.fairlead === null) return;
  for (const page of [`${url("fairlead")}/;csv`, `${healthUrl()}/;csv`, `${healthUrl()}/stats/;csv`]) {
    const found = rows(await curl(page));
    expect([...found.keys()]).toContain("be/BACKEND");
    for (const [name, row] of found) {
      for (const column of [...telegraf.named, ...telegraf.texts])
        expect([name, column, row.has(column)]).toEqual([name, column, true]);
      for (const [column, value] of row) {
        if (!telegraf.texts.includes(column) && column !== "pxname" && column !== "svname")
          expect([name, column, value]).toEqual([name, column, expect.stringMatching(/^-?\d*$/)]);
      }
    }
  }
});

/** What Zabbix' template "HAProxy by HTTP" reads of each kind of row. */
const responses = "hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx";
const zabbix = [
  [
    /\/BACKEND$/,
    `status rtime econ dresp eresp qcur qtime wredis wretr ${responses} bin bout act bck stot weight mode`,
  ],
  [/\/FRONTEND$/, `status req_rate rate scur slim ereq dreq ${responses} bin bout mode stot`],
  [
    /\/(?!BACKEND|FRONTEND)/,
    `status rtime econ dresp eresp qcur qtime wredis wretr ${responses} bin bout act bck stot weight qlimit lbtot check_status mode`,
  ],
] as const;

testWith(["haproxy"], "Zabbix finds what its template reads, in the CSV and in the page", async () => {
  const expected = rows(await curl(`${url("haproxy")};csv`));
  const found = rows(await curl(`${url("fairlead")};csv`));
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, row] of expected) {
    const columns = (zabbix.find(([pattern]) => pattern.test(name))?.[1] ?? "").split(" ");
    const filled = columns.filter((column) => row.get(column) !== "");
    expect([name, columns.filter((column) => found.get(name)?.get(column) !== "")]).toEqual([name, filled]);
  }
  for (const name of names) {
    const page = await curl(url(name));
    expect(page).toMatch(/HAProxy version 2\.6\.12[^,]*,/);
    expect(page).toMatch(/0d 0h\d+m\d+s/);
  }
});
