/** Help texts: HAProxy's flags by name, and the way in for a newcomer. */
import { wordTable } from "../word-table.ts";

/** The commands of our own with a line each. */
export const commandLines = wordTable<string>({
  forward: "forward LISTEN SERVER…   forward a port without a configuration file",
  init: "init                     write a first configuration: asks where clients come in and where servers are",
  check: "check FILE…              say whether files are valid, and what is wrong with them",
  healthcheck: "healthcheck              ask a running process whether it serves: exit 0 or 1",
  status: "status                   show frontends, backends and servers of a running process",
  top: "top [--once|--json]      watch sessions, rates and servers of a running process",
  reload: "reload                   have a running process read its configuration again; says what has changed",
  maintenance: "maintenance PROXY on|off  refuse new sessions of a proxy with a text for its users, or end that",
  "ssh-report": "ssh-report [--json]      show which SSH clients and servers were seen, and what they can do",
  probe: "probe HOST[:PORT]        ask an SSH server who it is: software, algorithms, host keys",
  doctor: "doctor -f FILE…           look over a configuration, this machine, the servers and the SSH base URL",
  keywords: "keywords [WORD]          list what the configuration language knows here, or tell all of one word",
  help: "help [COMMAND]           show help",
});

const flagLines = `  -f FILE|FOLDER   read this file, or every *.cfg of this folder; may be repeated; -- FILE… does the same
  -c               only check the configuration: exit 0 valid, 1 refused, 2 valid without any listener
  -cc CONDITION    evaluate a condition as in .if: exit 0 true, 1 false, 2 not understood
  -V / -q          say more (with -c: what has no effect here) / say nothing
  -d / -db         stay in the foreground (-d talks more)
  -D               go to the background once everything listens
  -W / -Ws         reload on SIGUSR2 and SIGHUP, whatever rights are given up; -Ws also tells systemd
  -S ADDR[,OPTS…]  open a master command socket
  -p FILE          write the process id there
  -n N / -N N      global maxconn / default maxconn of proxies
  -m MB            taken; memory is bounded by maxconn here
  -C FOLDER        go there before reading files
  -L NAME          local peer name, $HAPROXY_LOCALPEER
  -sf / -st PID…   once we listen, ask old processes to finish / to end at once
  -x SOCKET        taken; -sf does the work
  -de              serve by Bun's own sockets on Linux, too
  -dW -dD -dS -dr  warnings are errors; point at suspicious lines; no splicing; ignore names that do not resolve
  -dK[CLASSES]     list the keywords
  -dp -dG -dR -dL -dV -dM… -dI…   taken, without effect here
  -v / -vv         show the version / what was built in
  --health ADDR|off   where the health endpoint listens (127.0.0.1:8404; also FAIRLEAD_HEALTH)
  --health-name NAME  a name besides its own by which its page may be asked for; may be repeated
  --help / --version
`;

/** The usage as it follows a wrong command line, on stderr. */
export function usageText(name: string): string {
  const own = name === "haproxy" ? "" : `        ${name} COMMAND …            (${name} help lists them)\n`;
  return `Usage : ${name} [-f <cfgfile|cfgdir>]* [ -vdVD ] [ -n <maxconn> ] [ -N <maxpconn> ]
        [ -p <pidfile> ] [ -m <max megs> ] [ -C <dir> ] [-- <cfgfile>*]
${own}${flagLines}`;
}

/** `--help`: enough to get going. */
export function helpText(name: string): string {
  return `${name} forwards and balances TCP connections, SSH above all. It reads HAProxy's configuration language.

Forward port 22 to Bitbucket's SSH port, with no file at all:
  ${name} forward :22 bitbucket.example.com:7999

Check a file, then run it:
  ${name} -c -f /etc/haproxy/haproxy.cfg
  ${name} -f /etc/haproxy/haproxy.cfg

Usage:
  ${name} -f FILE… [FLAGS]
  ${name} COMMAND …

Commands:
${Array.from(commandLines.values())
  .map((line) => `  ${line}\n`)
  .join("")}
Flags, as HAProxy takes them:
${flagLines}
Signals: TERM and INT end at once, USR1 lets sessions finish, USR2 (and HUP with -W) reloads, TTOU and TTIN pause and
resume, HUP without -W writes the servers' states to the log.
While it runs, http://127.0.0.1:8404/ shows what happens: /healthz, /readyz, /metrics, /status. The page itself and /status
answer by address, as localhost, by the machine's own name and by those of --health-name; the others by any name.
Environment: FAIRLEAD_LISTEN and FAIRLEAD_SERVER stand for 'forward' without arguments, FAIRLEAD_CONFIG for
'-W -db -f FILE'; FAIRLEAD_HEALTH for --health, FAIRLEAD_HEALTH_NAMES for --health-name.
`;
}
