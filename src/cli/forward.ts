/** `forward LISTEN SERVER…`: the configuration that needs no file. */
import { isIP } from "node:net";
import type { Plan } from "../plan/plan.ts";

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

/** What no address has in it, and what could make more than one word of it. */
const isWord = (text: string): boolean => /^[\w.:@/*[\]%,+-]+$/.test(text);

/** Whether it is a socket of the machine, or one that was handed down, which have no port. */
const isPortless = (text: string): boolean => /^(?:\/|(?:unix|abns|fd)@)/.test(text);

/** What is wrong with the ports at an address's end, one or a range; null when nothing is. */
function wrongPorts(text: string, example: string): string | null {
  const ports = /(?:^|:)(\d+)(?:-(\d+))?$/.exec(text);
  if (ports === null || isIP(text) === 6) return `'${text}' has no port: say which, as in ${example}`;
  const [, first = "", last = first] = ports;
  const [low, high] = [Number(first), Number(last)];
  if (low < 1 || high > 65_535 || high < low) return `'${text}' has no valid port: they go from 1 to 65535`;
  return null;
}

/** What is wrong with an address to listen on, or null. */
export function wrongListen(text: string): string | null {
  if (!isWord(text)) return `'${text}' is not an address to listen on`;
  for (const one of text.split(",")) {
    const wrong = isPortless(one) ? null : wrongPorts(one, isIP(one) === 6 ? `[${one}]:2222` : `${one}:2222`);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** What is wrong with the address of a server, or null. */
export function wrongServer(text: string): string | null {
  if (!isWord(text) || text.includes(",") || /^:?\d*$/.test(text))
    return `'${text}' is not a server's address, like host:22`;
  if (isPortless(text)) return null;
  const wrong = wrongPorts(text, isIP(text) === 6 ? `[${text}]:22` : `${text}:22`);
  return wrong ?? (/:\d+-\d+$/.test(text) ? `'${text}' has more ports than one` : null);
}

/** The text of a configuration that does it, or what is wrong with the addresses. */
export function forwardConfiguration(forward: Forward): { readonly text: string } | { readonly wrong: string } {
  const listen = forward.listen.replaceAll(/(?<=^|,)(?=\d+(?:-\d+)?(?:,|$))/g, ":");
  const wrong = wrongListen(forward.listen) ?? forward.servers.map(wrongServer).find((one) => one !== null) ?? null;
  if (wrong !== null) return { wrong };
  if (forward.maxconn !== null && !/^[1-9]\d{0,8}$/.test(forward.maxconn)) {
    return { wrong: `'--maxconn' expects a number from 1 on, not '${forward.maxconn}'` };
  }
  const several = forward.servers.length > 1;
  const lines: string[] = [];
  for (const [index, server] of forward.servers.entries()) {
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

/**
 * What it does, in a line for whoever started it. `transport`: whose sockets serve. `health`: where the health endpoint
 * listens; null: nowhere.
 */
export function forwardText({ frontends, backends }: Plan, transport: string, health: string | null): string {
  const listens = new Set(frontends.flatMap(({ binds }) => binds.map(({ text }) => text)));
  const from = [...listens].map((text) => (text.startsWith(":") ? `*${text}` : text)).join(", ");
  const to = backends.flatMap(({ servers }) => servers.map(({ text }) => text)).join(", ");
  return `listening on ${from}, forwarding to ${to} by ${transport}; ${health === null ? "no health endpoint" : `health endpoint http://${health}/`}`;
}
