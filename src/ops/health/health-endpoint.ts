/** The health endpoint: `/healthz`, `/readyz`, `/metrics`, `/status` and the dashboard, by HTTP on an address of its own. */
import { get } from "node:http";
import { createServer } from "node:net";
import type { BindPlan } from "../../plan/bind.ts";
import type { Plan } from "../../plan/plan.ts";
import type { PublicProxy } from "../../proxy/public.ts";
import { dashboardPage, dashboardPolicy } from "./html-page.ts";
import { parseMetricsQuery } from "../stats/metrics-query.ts";
import { metricsRows, type MetricsSource, metricsType } from "../stats/metrics.ts";
import { pageChoice } from "../page/page-choice.ts";
import { statsCsv } from "../stats/csv.ts";
import { statRows } from "../stats/stat-rows.ts";
import { type Asked, csvPath, judge } from "./host-check.ts";
import { type Page, PageConnections, type PageRequest, serverName } from "./http-connections.ts";
import { inSlices } from "../answers/slices.ts";
import { sshDocument } from "./ssh-document.ts";
import { statusRows } from "./status-document.ts";

/** Where it listens unless told otherwise. */
export const defaultHealthAddress = "127.0.0.1:8404";

/** An address to listen on or to ask. */
export interface HealthAddress {
  readonly host: string;
  readonly port: number;
}

/** What the pages are made from. */
export interface HealthSources extends MetricsSource {
  readonly ownVersion: string;
  /** Names besides its own by which the page and `/status` may be asked for. */
  readonly names: readonly string[];
}

/** The endpoint while it listens. */
export interface HealthEndpoint {
  /** As bound, with the port that the kernel chose where 0 was asked for. */
  readonly address: HealthAddress;
  close(): void;
}

/** `HOST:PORT`, `[V6]:PORT`, `:PORT` or `PORT` (both on 127.0.0.1); "off" for "off"; null when it is none of these. */
export function parseHealthAddress(text: string): HealthAddress | "off" | null {
  if (text === "off") return "off";
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return null;
  const host = match[1] ?? match[2] ?? "";
  return { host: host === "" ? "127.0.0.1" : host === "*" ? "0.0.0.0" : host, port };
}

/** Whether a frontend of the plan wants this address for itself. */
export function isBoundBy(plan: Plan, address: HealthAddress): boolean {
  return plan.frontends.some(
    (frontend) => !frontend.disabled && frontend.binds.some((bind) => isTakenBy(bind, address)),
  );
}

/** Whether two cannot listen at once: one socket for this address, and one for that of a `bind` line. */
export function isTakenBy({ address: bound }: BindPlan, address: HealthAddress): boolean {
  return (
    bound.kind === "tcp" &&
    bound.port === address.port &&
    address.port !== 0 &&
    (bound.host === address.host || anywhere.has(bound.host) || anywhere.has(address.host))
  );
}

const anywhere = new Set(["*", "0.0.0.0", "::", ""]);

/** Listens, or tells why not (the system's code). Does not keep the process alive. */
export function openHealthEndpoint(
  address: HealthAddress,
  sources: HealthSources,
): Promise<HealthEndpoint | { readonly failed: string }> {
  // Who is told to listen on a name may be asked by it.
  const names = [...sources.names, address.host];
  const connections = new PageConnections(
    (request) => answer(sources, names, request),
    (error) => sources.info.fault?.(error, "in an answer of the health endpoint"),
  );
  const server = createServer({ allowHalfOpen: true }, (socket) => connections.take(socket));
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve({ failed: error.code ?? error.message }));
    server.listen(address.port, address.host, () => {
      server.unref();
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
      resolve({
        address: { host: address.host, port },
        close() {
          server.close();
          connections.close();
        },
      });
    });
  });
}

async function answer(sources: HealthSources, names: readonly string[], request: PageRequest): Promise<Page> {
  const asked = judge(request, names);
  if (!("code" in asked)) return pageOf(sources, asked);
  const refusal = text(asked.code, asked.text);
  return asked.code === 405 ? { ...refusal, headers: [["Allow", "GET, HEAD"]] } : refusal;
}

function text(code: number, body: string): Page {
  return { code, type: "text/plain; charset=utf-8", body };
}

async function pageOf(sources: HealthSources, { path, query }: Asked): Promise<Page> {
  const { proxy } = sources.info;
  switch (path) {
    case "/healthz":
      return text(200, "ok\n");
    case "/readyz":
      return proxy.process.stopping ? text(503, "stopping\n") : readyPage(proxy);
    case "/metrics":
      return metricsPage(sources, query);
    case "/status": {
      const { node, ssh, sshMetrics, hostKeys, sshPenalties } = sources.info;
      const about = {
        version: sources.ownVersion,
        node,
        readsSsh: Boolean(sshMetrics),
        ...(ssh === undefined ? {} : { ssh }),
        ...(hostKeys?.isWatching === true ? { hostKeys } : {}),
        ...(sshPenalties === undefined ? {} : { sshPenalties }),
      };
      const body = statusRows(proxy, about, new URLSearchParams(query).has("sessions"));
      return { code: 200, type: "application/json", body };
    }
    case "/ssh": {
      const { ssh, sshMetrics } = sources.info;
      if (ssh === undefined || !sshMetrics) return text(404, "no proxy reads SSH\n");
      return { code: 200, type: "application/json", body: sshDocument(ssh) };
    }
    case "/": {
      const headers = [["Content-Security-Policy", dashboardPolicy]] as const;
      return { code: 200, type: "text/html; charset=utf-8", body: dashboardPage, headers };
    }
    default:
      if (csvPath.test(path)) return csvPage(proxy, path);
      return text(404, "there is /healthz, /readyz, /metrics, /status, /ssh, /stats;csv and /\n");
  }
}

function metricsPage(sources: HealthSources, query: string): Page {
  const choice = parseMetricsQuery(query);
  if (choice !== null) return { code: 200, type: metricsType, body: metricsRows(sources, choice) };
  return text(400, "scope is one of global, frontend, listener, backend, server, sticktable and *\n");
}

function csvPage(proxy: PublicProxy, path: string): Page {
  const { hidesDown, hidesMaintenance } = pageChoice(path);
  const body = statRows(proxy, statsCsv, { hidesDown, hidesMaintenance, isWanted: () => true });
  return { code: 200, type: "text/plain; charset=utf-8", body };
}

/** Names all that is missing, which is looked for in slices. */
async function readyPage(proxy: PublicProxy): Promise<Page> {
  const missing: string[] = [];
  await inSlices(proxy.readiness(), (name) => name !== "" && missing.push(name));
  if (missing.length > 0) return text(503, `not ready: ${missing.join(", ")}\n`);
  const maintained = Array.from(proxy.maintenances(), ([name]) => name);
  return text(200, maintained.length === 0 ? "ready\n" : `ready\nin maintenance: ${maintained.join(", ")}\n`);
}

/** Asks another process's endpoint. `code` 0: no fairlead answered within the time, and `body` says what happened instead. */
export function askHealthEndpoint(
  address: HealthAddress,
  path: string,
  limitMs = 3000,
): Promise<{ readonly code: number; readonly body: string }> {
  return new Promise((resolve) => {
    const request = get({ host: address.host, port: address.port, path, agent: false }, (response) => {
      const { server } = response.headers;
      // Of a stranger's answer nothing but the head is read.
      if (server !== serverName) return giveUp(strangerText(server === undefined ? "" : ` It says '${server}'.`));
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => finish(response.statusCode ?? 0, Buffer.concat(parts).toString()));
      response.on("error", (error) => finish(0, error.message));
    });
    const timer = setTimeout(() => giveUp("no answer in time"), limitMs);
    request.on("error", ({ code, message }: NodeJS.ErrnoException) =>
      finish(0, code?.startsWith("HPE_") === true ? strangerText(" It does not speak HTTP.") : message),
    );
    function giveUp(why: string): void {
      finish(0, why);
      request.destroy();
    }
    function finish(code: number, body: string): void {
      clearTimeout(timer);
      resolve({ code, body });
    }
  });
}

function strangerText(remark: string): string {
  return `what answers there is no fairlead.${remark.slice(0, 100)}`;
}
