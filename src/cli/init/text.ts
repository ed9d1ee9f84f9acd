/** The configuration that `fairlead init` writes. */

/** What goes into it; words that `wrongInit` has let pass. */
export interface InitAnswers {
  /** As `bind` takes it, or a port alone. */
  readonly listen: string;
  readonly servers: readonly string[];
  /** The stats socket's path. */
  readonly socket: string;
  /** Where it will be. */
  readonly file: string;
}

/** The whole file. */
export function initText({ listen, servers, socket, file }: InitAnswers): string {
  const bind = listen.replaceAll(/(?<=^|,)(?=\d+(?:-\d+)?(?:,|$))/g, ":");
  const named = servers.map((server, at) => `    server server${at + 1} ${server}`);
  // The only one is always tried: a check could but turn clients away.
  const check = servers.length > 1 ? `\n${checks}` : "";
  return `# Written by 'fairlead init'. fairlead.cfg(5) has the language, and 'fairlead keywords WORD' one word of it.
# After a change: fairlead -c -f ${file} && fairlead reload -f ${file}

global
    # Sessions at once.
    maxconn 10000
    # A line for each session, on standard output; 'log /dev/log local0' sends them to syslog.
    log stdout format iso local0
    # By this socket ask: fairlead top, reload, maintenance, ssh-report. Whoever may open it may stop all traffic.
    stats socket ${socket} mode 600 level admin
    # Started by root with -W, a process without any rights serves, and only the other one keeps them:
    # user nobody
    # group nogroup

defaults
    mode tcp
    log global
    # Beside times, bytes and servers: the software of both sides, and what they agreed on.
    option sshlog
    # No line for port scans and checks that say nothing.
    option dontlognull
    # How long a server may take to accept a connection, and how long a session may wait for one.
    timeout connect 5s
    timeout queue 30s
    # How long a session may say nothing at all. Shells are idle for hours: whoever is gone is found by keepalive.
    timeout client 1d
    timeout server 1d
    # How long it may take to end once one side has.
    timeout client-fin 30s
    timeout server-fin 30s
    # Keepalive: after five minutes of silence the system asks whether the other side is still there.
    option clitcpka
    option srvtcpka
    clitcpka-idle 5m
    srvtcpka-idle 5m

frontend ssh
    bind ${bind}
    # Reads along what is said in clear text; who is refused reads why. 'option ssh-require' refuses all that is not SSH.
    option ssh
    # Bytes are counted while sessions go on, and not only when they end: 'fairlead top' shows them.
    option contstats
    default_backend servers

backend servers
    # New sessions go to the server that has the fewest.
    balance leastconn
    # A server that cannot be reached is tried again, and then another one.
    retries 3
    option redispatch${check}
    # A server whose name is not known when this starts is looked up later: see 'resolvers'.
    default-server init-addr last,libc,none
    # Servers that understand the PROXY protocol learn where clients come from: add 'send-proxy' to their lines.
${named.join("\n")}
`;
}

const checks = `    # Each is connected to every two seconds; three failures, and it takes no new sessions until it answers twice.
    default-server check inter 2s fall 3 rise 2`;
