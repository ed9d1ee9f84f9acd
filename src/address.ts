/** Addresses of sockets, as everybody speaks of them. */

/** One end of a stream socket. `host` is a literal IPv4 or IPv6 address without brackets. */
export type SocketAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "abstract"; readonly name: string };

/** `127.0.0.1:22`, `[::1]:22`, `/path` or `abns@name`, as HAProxy writes addresses. */
export function addressText(address: SocketAddress): string {
  if (address.kind === "unix") return address.path;
  return address.kind === "abstract" ? `abns@${address.name}` : hostAndPort(address.host, address.port);
}

/** The host may be a name. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An IPv4 address that came through an IPv6 socket, in its own form; others as they are. */
export function plainHost(host: string): string {
  return host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host;
}

/** Where a listener binds: `*`, as nothing, is every IPv4 address. */
export function literalHost(host: string): string {
  return host === "*" || host === "" ? "0.0.0.0" : host;
}

/** Whether an address, a literal, leads nowhere but to this machine. */
export function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1";
}
