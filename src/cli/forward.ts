/** `forward LISTEN SERVER…`: the configuration that needs no file. */

/** What `forward` was asked to do; addresses as HAProxy writes them, a bare port stands for every address. */
export interface Forward {
  readonly listen: string;
  readonly servers: readonly string[];
  readonly acceptProxy: boolean;
  readonly sendProxy: boolean;
  readonly maxconn: string | null;
}

/** The name that messages give to the made-up file. */
export const forwardFileName = "forward";

/** An address in configuration syntax, or null when it could be anything but one word naming an address. */
function address(text: string): string | null {
  if (/^\d{1,5}$/.test(text)) return `:${text}`;
  return /^[\w.:@/*[\]%,+-]+$/.test(text) ? text : null;
}

/** The text of a configuration that does it, or what is wrong with the addresses. */
export function forwardConfiguration(forward: Forward): { readonly text: string } | { readonly wrong: string } {
  const listen = address(forward.listen);
  if (listen === null) return { wrong: `'${forward.listen}' is not an address to listen on` };
  if (forward.maxconn !== null && !/^[1-9]\d{0,8}$/.test(forward.maxconn)) {
    return { wrong: `--maxconn expects a number, not '${forward.maxconn}'` };
  }
  const several = forward.servers.length > 1;
  const lines: string[] = [];
  for (const [index, text] of forward.servers.entries()) {
    const server = address(text);
    if (server === null || server.startsWith(":"))
      return { wrong: `'${text}' is not a server's address, like host:22` };
    // One server is always tried: a check could only turn clients away. Of several, dead ones are left out.
    const check = several ? " check inter 2s" : "";
    lines.push(
      `    server server${index + 1} ${server}${check} init-addr last,libc,none${forward.sendProxy ? " send-proxy" : ""}`,
    );
  }
  return {
    text: `global
    log stdout format iso local0
${forward.maxconn === null ? "" : `    maxconn ${forward.maxconn}\n`}defaults
    mode tcp
    log global
    option tcplog
    option dontlognull
    option clitcpka
    option srvtcpka
    option redispatch
    retries 3
    timeout connect 5s
    timeout client 1d
    timeout server 1d
    timeout client-fin 30s
    timeout server-fin 30s
listen forward
    bind ${listen}${forward.acceptProxy ? " accept-proxy" : ""}
    balance leastconn
${lines.join("\n")}
`,
  };
}
