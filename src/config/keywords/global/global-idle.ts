/** Keywords of the `global` section that are accepted without effect, each with its reason, and those that are refused. */
import { Complaint } from "../../text/complaint.ts";
import type { Draft } from "../../draft/draft.ts";
import { rowsOf, type Row } from "../../row/row.ts";
import { readTime, text, wordList, words } from "../../row/value.ts";
import { aNumber, firstWord, type IdleGroup, groupRows, onOrOff } from "./idle-groups.ts";

const { idle, refused } = rowsOf<Draft>("global");

const noHttp2 = "HTTP/2 and HTTP/3 are not spoken";
const lua = "there is no Lua here";

const groups: readonly IdleGroup[] = [
  {
    names: wordList(`
    tune.buffers.limit tune.buffers.reserve tune.maxaccept tune.maxpollevents
    tune.runqueue-depth tune.recv_enough tune.pattern.cache-size
  `),
    reason: "buffers and limits of HAProxy's own engine",
    help: "Tunes HAProxy's engine.",
    usage: "<number>",
    tier: "B",
    missing: aNumber,
  },
  {
    names: wordList(`
    tune.fail-alloc tune.fd.edge-triggered tune.bufsize.small
    tune.listener.multi-queue tune.listener.default-shards tune.memory.hot-size
    tune.peers.max-updates-at-once tune.pool-high-fd-ratio tune.pool-low-fd-ratio
    tune.events.max-events-at-once tune.takeover-other-tg-connections
    tune.max-checks-per-thread tune.max-rules-at-once tune.glitches.kill.cpu-usage
    tune.disable-fast-forward tune.disable-zero-copy-forwarding
    tune.epoll.mask-events tune.h1.zero-copy-fwd-recv tune.h1.zero-copy-fwd-send tune.ring.queues tune.applet.zero-copy-forwarding
    tune.pt.zero-copy-forwarding tune.defaults.purge tune.streams.instances tune.max-pollevents
  `),
    reason: "buffers and limits of HAProxy's own engine",
    help: "Tunes HAProxy's engine.",
    usage: "<value>",
    tier: "B",
  },
  {
    names: wordList("tune.rcvbuf.backend tune.rcvbuf.frontend tune.sndbuf.backend tune.sndbuf.frontend"),
    reason: "they are for sockets of QUIC and of log forwarding",
    help: "The kernel's buffers of sockets without connections.",
    usage: "<bytes>",
    tier: "B",
  },
  {
    names: wordList("tune.renice.startup"),
    reason: "a start is over before it could matter",
    help: "The process's priority while it reads its configuration.",
    usage: "<-20..19>",
    tier: "B",
  },
  {
    names: wordList(`
    tune.h2.header-table-size
    tune.h2.initial-window-size tune.h2.max-concurrent-streams tune.h2.max-frame-size
    tune.h2.be.initial-window-size tune.h2.be.max-concurrent-streams tune.h2.fe.initial-window-size
    tune.h2.fe.max-concurrent-streams tune.h2.fe.max-total-streams tune.h2.zero-copy-fwd-send
    tune.quic.frontend.conn-tx-buffers.limit tune.quic.frontend.max-idle-timeout
    tune.quic.frontend.max-streams-bidi tune.quic.retry-threshold tune.quic.socket-owner
    h2-workaround-bogus-websocket-clients limited-quic no-quic
  `),
    reason: noHttp2,
    help: "A detail of HTTP/2 or HTTP/3.",
    usage: "<value>",
  },
  {
    names: wordList(`
    httpclient.resolvers.disabled httpclient.resolvers.id httpclient.resolvers.prefer
    httpclient.retries httpclient.ssl.ca-file httpclient.ssl.verify httpclient.timeout.connect
  `),
    reason: "nothing here asks HTTP servers of its own accord",
    help: "A detail of HAProxy's own HTTP client.",
    usage: "<value>",
  },
  {
    names: wordList(`
    tune.lua.forced-yield tune.lua.maxmem tune.lua.service-timeout tune.lua.session-timeout
    tune.lua.task-timeout tune.lua.burst-timeout tune.lua.log.loggers tune.lua.log.stderr
    lua-prepend-path
  `),
    reason: lua,
    help: "A detail of Lua.",
    usage: "<value>",
  },
  {
    names: wordList(`
    51degrees-data-file 51degrees-property-name-list 51degrees-property-separator
    51degrees-cache-size 51degrees-use-performance-graph 51degrees-use-predictive-graph
    51degrees-drift 51degrees-difference 51degrees-allow-unmatched deviceatlas-json-file
    deviceatlas-log-level deviceatlas-separator deviceatlas-properties-cookie wurfl-data-file
    wurfl-information-list wurfl-information-list-separator wurfl-cache-size
  `),
    reason: "it looks at HTTP requests",
    help: "Device detection.",
    usage: "<value>",
  },
  {
    names: wordList(`
    nokqueue nopoll noevports nogetaddrinfo no-memory-trimming insecure-setuid-wanted expose-deprecated-directives
    prealloc-fd
  `),
    reason: "a switch of HAProxy's own engine",
    help: "Switches HAProxy's engine.",
    tier: "C",
    bare: true,
  },
  {
    names: ["busy-polling", "set-dumpable", "numa-cpu-mapping"],
    reason: "a switch of HAProxy's own engine",
    help: "Switches HAProxy's engine.",
    tier: "C",
    bare: true,
    negatable: true,
  },
  {
    names: [
      "thread-groups",
      "thread-group",
      "cpu-policy",
      "cpu-set",
      "cpu-affinity",
      "max-threads-per-group",
      "thread-hard-limit",
    ],
    reason: "the system places threads on processors",
    help: "Places threads.",
    usage: "<value>",
    tier: "C",
  },
  {
    names: ["cluster-secret", "warn-blocked-traffic-after", "force-cfg-parser-pause"],
    reason: "nothing here depends on it",
    help: "A setting of HAProxy's own.",
    usage: "<value>",
    tier: "C",
  },
  {
    names: ["harden.reject-privileged-ports.quic", "profiling.memory", "tune.profiling"],
    reason: "HAProxy 2.6 has no such setting",
    help: "A setting of later versions.",
    usage: "on|off",
    tier: "C",
  },
];

const ownRows: readonly Row<Draft>[] = [
  idle("cpu-map", {
    usage: "<threads> <processors>",
    tier: "C",
    help: "Places threads.",
    reason: "the system places threads on processors",
    check(_draft, line) {
      const [threads, processors] = line.words;
      if (threads === undefined || processors === undefined) {
        throw new Complaint(
          "cpu-map expects a process number  ('all', 'odd', 'even', a number from 1 to 64 or a range),  followed by a list of CPU ranges with numbers from 0 to 63.",
          line.keyword,
        );
      }
      if (!/^(?:auto:)?(?:all|odd|even|\d+(?:-\d+)?)(?:\/(?:all|odd|even|\d+(?:-\d+)?))?$/.test(threads.text)) {
        throw new Complaint(`cpu-map : '${threads.text}' is not a valid number/range.`, threads);
      }
    },
  }),
  idle("localpeer", {
    usage: "<name>",
    tier: "C",
    help: "Which peer this process is: $HAPROXY_LOCALPEER in the lines that follow.",
    reason: "tables are not exchanged with peers",
    words: words("localpeer", [text("'localpeer' expects a name as an argument.")]),
  }),
  idle("mworker-max-reloads", {
    usage: "<number>",
    tier: "B",
    help: "When an old worker is ended.",
    reason: "a reload keeps the process: there are no old workers",
  }),
  idle("tune.sched.low-latency", {
    usage: "on|off",
    tier: "B",
    help: "Tunes HAProxy's engine.",
    reason: "buffers and limits of HAProxy's own engine",
    check: (_draft, line) => onOrOff(line),
  }),
  idle("tune.idletimer", {
    usage: "<time>",
    tier: "B",
    help: "Tunes HAProxy's engine.",
    reason: "buffers and limits of HAProxy's own engine",
    words: words("tune.idletimer", [text("'tune.idletimer' expects a timer value between 0 and 65535 ms.")]),
    check(_draft, line) {
      const [value] = line.words;
      const ms = readTime(value?.text ?? "");
      if (typeof ms === "number" && ms <= 65_535) return;
      throw new Complaint("'tune.idletimer' expects a timer value between 0 and 65535 ms.", value ?? line.keyword);
    },
  }),
  idle("profiling.tasks", {
    usage: "on|auto|off",
    tier: "C",
    help: "Measures HAProxy's tasks.",
    reason: "a switch of HAProxy's own engine",
    check(_draft, line) {
      if (!["on", "auto", "off"].includes(firstWord(line))) {
        throw new Complaint(
          `'profiling.tasks' expects either 'on', 'auto', or 'off' but got '${firstWord(line)}'.`,
          line.words[0] ?? line.keyword,
        );
      }
    },
  }),
  idle("quiet", {
    tier: "C",
    help: "Says nothing at a start.",
    reason: "what is wrong with a file is said all the same; -q says nothing",
    words: words("quiet", []),
  }),
  idle("stats-file", {
    usage: "<file>",
    tier: "C",
    help: "Counters of a former process.",
    reason: "counters begin at zero",
  }),
  idle("stats bind-process", {
    usage: "<set>",
    tier: "C",
    help: "Which process answers.",
    reason: "one process serves",
  }),
];

const refusedRows: readonly Row<Draft>[] = [
  ...["lua-load", "lua-load-per-thread"].map((name) =>
    refused(name, { usage: "<file>", help: "Runs Lua.", reason: lua, advice: "remove it: nothing here runs Lua" }),
  ),
  ...["h1-do-not-close-on-insecure-transfer-encoding", "http-err-codes", "http-fail-codes"].map((name) =>
    refused(name, {
      usage: "…",
      help: "A detail of HTTP.",
      reason: "of later versions",
      advice: "remove it",
    }),
  ),
  refused("tune.chksize", {
    usage: "<bytes>",
    help: "Removed from HAProxy.",
    reason: "HAProxy has removed it",
    tight: true,
    says: () => "option 'tune.chksize' is not supported any more (tune.bufsize is used instead).",
  }),
  refused("nbproc", {
    usage: "<number>",
    help: "Removed from HAProxy.",
    reason: "HAProxy has removed it",
    says: () =>
      "nbproc is not supported any more since HAProxy 2.5. Threads will automatically be used on multi-processor machines if available.",
  }),
];

/** The rows of this file; those about TLS are in `global-tls.ts`. */
export const globalIdleRows: readonly Row<Draft>[] = [...ownRows, ...groupRows(groups), ...refusedRows];
