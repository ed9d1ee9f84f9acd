/** What of `global` holds for a process from its start to its end, so that a reload can only tell that it was changed. */
import type { GlobalPlan } from "../plan/global.ts";
import { isSame } from "../plan/same.ts";

/** The keyword of each field that only a new process obeys; null: a reload does. Every field has to stand here. */
const keywords: { readonly [Field in keyof GlobalPlan]: string | null } = {
  ulimitN: "ulimit-n",
  fdHardLimit: "fd-hard-limit",
  nbthread: "nbthread",
  daemon: "daemon",
  masterWorker: "master-worker",
  pidfile: "pidfile",
  uid: "user' or 'uid",
  gid: "group' or 'gid",
  chroot: "chroot",
  nice: "tune.renice.runtime",
  pipeBytes: "tune.pipesize",
  epoll: "noepoll",
  // Goes with `uid`.
  user: null,
  // Whether a start is refused, or warnings are errors.
  strictLimits: null,
  zeroWarning: null,
  // The proxy's, which makes all it has of the plan anew; logs and sockets are compared with what is open.
  maxconn: null,
  maxPipes: null,
  maxConnRate: null,
  maxSessRate: null,
  hardStopAfterMs: null,
  graceMs: null,
  closeSpreadMs: null,
  spreadChecksPercent: null,
  maxSpreadChecksMs: null,
  bufsizeBytes: null,
  maxSslConn: null,
  maxSslRate: null,
  tlsOfferBytes: null,
  http: null,
  ssh: null,
  maxrewriteBytes: null,
  clientBuffers: null,
  serverBuffers: null,
  variableLimits: null,
  logs: null,
  logTag: null,
  logSendHostname: null,
  node: null,
  description: null,
  statsSockets: null,
  statsTimeoutMs: null,
  statsMaxconn: null,
  pp2NeverSendLocal: null,
  rejectsPrivilegedPorts: null,
  splice: null,
  setVars: null,
  withoutEffect: null,
};

/** What changes from `before` to `next` and waits for a new start, in words; null: nothing. */
export function startOnlyText(before: GlobalPlan, next: GlobalPlan): string | null {
  const fields = Object.keys(keywords) as (keyof GlobalPlan)[];
  const changed = fields.filter((field) => keywords[field] !== null && !isSame(before[field], next[field]));
  if (changed.length === 0) return null;
  const names = changed.map((field) => `'${keywords[field] ?? ""}'`).join(", ");
  return `${names} will hold when the process is started anew; until then ${changed.length > 1 ? "these stay as they were" : "it stays as it was"}`;
}
