/** What is planned of the whole process. */
import { httpGlobalDefaults, type HttpGlobalPlan } from "./http.ts";
import type { LogTarget } from "./log.ts";
import type { BindPlan } from "./bind.ts";
import type { Position } from "./position.ts";
import type { SampleExpression } from "./rules/sample.ts";
import type { LogFormat } from "./rules/log-format.ts";
import type { SocketBuffers } from "./socket.ts";
import { sshGlobalDefaults, type SshGlobalPlan } from "./ssh/ssh.ts";

/** The `global` sections, merged. */
export interface GlobalPlan {
  /** Null: as many as the descriptor limit allows. */
  readonly maxconn: number | null;
  readonly maxConnRate: number;
  readonly maxSessRate: number;
  readonly ulimitN: number | null;
  /** Most descriptors that it may have, whatever the system allows. */
  readonly fdHardLimit: number | null;
  /** Written: limits that cannot be had are refused; else they are lowered, with a warning. */
  readonly strictLimits: boolean;
  /** Worker threads of the data plane; null: chosen by the machine. */
  readonly nbthread: number | null;
  readonly daemon: boolean;
  readonly masterWorker: boolean;
  readonly pidfile: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** The name behind `uid`, for supplementary groups; null when given by number. */
  readonly user: string | null;
  readonly chroot: string | null;
  readonly hardStopAfterMs: number | null;
  readonly graceMs: number | null;
  /** Over so long a soft stop lets idle clients of `mode http` go; Infinity: it does not. */
  readonly closeSpreadMs: number;
  readonly spreadChecksPercent: number;
  readonly maxSpreadChecksMs: number;
  readonly bufsizeBytes: number;
  readonly maxrewriteBytes: number;
  /** `maxsslconn`: connections with TLS at once, of clients and to servers together; 0: no limit. */
  readonly maxSslConn: number;
  /** `maxsslrate`: handshakes with clients that begin in a second; 0: no limit. */
  readonly maxSslRate: number;
  /** `tune.ssl.capture-buffer-size`: so many bytes of what a client of TLS offers are kept; 0: nothing. */
  readonly tlsOfferBytes: number;
  readonly http: HttpGlobalPlan;
  readonly ssh: SshGlobalPlan;
  /** `tune.rcvbuf.*` and `tune.sndbuf.*`; listeners and servers have them in their own plans. */
  readonly clientBuffers: SocketBuffers;
  readonly serverBuffers: SocketBuffers;
  /** `tune.vars.*-max-size`, in bytes; 0: no limit. */
  readonly variableLimits: VariableLimits;
  /** `tune.renice.runtime`; null: as it was started. */
  readonly nice: number | null;
  /** `maxpipes` and `tune.pipesize`; null: chosen here. */
  readonly maxPipes: number | null;
  readonly pipeBytes: number | null;
  readonly logs: readonly LogTarget[];
  readonly logTag: string | null;
  /** `log-send-hostname`: null leaves the name out, "" stands for the machine's own. */
  readonly logSendHostname: string | null;
  readonly node: string | null;
  readonly description: string | null;
  readonly statsSockets: readonly StatsSocketPlan[];
  readonly statsTimeoutMs: number;
  readonly statsMaxconn: number;
  readonly pp2NeverSendLocal: boolean;
  /** `zero-warning`: a configuration with warnings is refused. */
  readonly zeroWarning: boolean;
  /** `harden.reject-privileged-ports.tcp`. */
  readonly rejectsPrivilegedPorts: boolean;
  /** False where `nosplice` or `-dS` forbids splicing altogether. */
  readonly splice: boolean;
  /** False: `noepoll` or `-de`, so that the runtime's own sockets serve. */
  readonly epoll: boolean;
  /** Process-wide variables set in `global` (`set-var proc.x …`), in order. */
  readonly setVars: readonly { readonly name: string; readonly value: SampleExpression | LogFormat }[];
  /** Keywords taken without effect here, for `-c -V`. */
  readonly withoutEffect: readonly { readonly keyword: string; readonly reason: string; readonly position: Position }[];
}

/** What holds where no line says otherwise. */
export const globalDefaults: GlobalPlan = {
  maxconn: null,
  maxConnRate: 0,
  maxSessRate: 0,
  ulimitN: null,
  fdHardLimit: null,
  strictLimits: false,
  nbthread: null,
  daemon: false,
  masterWorker: false,
  pidfile: null,
  uid: null,
  gid: null,
  user: null,
  chroot: null,
  hardStopAfterMs: null,
  graceMs: null,
  closeSpreadMs: 0,
  spreadChecksPercent: 0,
  maxSpreadChecksMs: 0,
  bufsizeBytes: 16_384,
  maxrewriteBytes: 1024,
  maxSslConn: 0,
  maxSslRate: 0,
  tlsOfferBytes: 0,
  http: httpGlobalDefaults,
  ssh: sshGlobalDefaults,
  clientBuffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
  serverBuffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
  variableLimits: { global: 0, proc: 0, sess: 0, txn: 0, reqres: 0, check: 0 },
  nice: null,
  maxPipes: null,
  pipeBytes: null,
  logs: [],
  logTag: null,
  logSendHostname: null,
  node: null,
  description: null,
  statsSockets: [],
  statsTimeoutMs: 10_000,
  statsMaxconn: 10,
  pp2NeverSendLocal: false,
  zeroWarning: false,
  rejectsPrivilegedPorts: false,
  splice: true,
  epoll: true,
  setVars: [],
  withoutEffect: [],
};

/** What variables may take together, by scope; 0: no limit. Those of a session count for the process as well. */
export interface VariableLimits {
  readonly global: number;
  readonly proc: number;
  readonly sess: number;
  readonly txn: number;
  readonly reqres: number;
  readonly check: number;
}

/** `stats socket`: where the admin socket listens. */
export interface StatsSocketPlan {
  readonly bind: BindPlan;
  readonly level: "user" | "operator" | "admin";
  /** Whether, and how, answers begin with their severity. */
  readonly severityOutput: "none" | "number" | "string";
}
