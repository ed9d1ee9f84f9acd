/** Addresses of sockets, as everybody speaks of them. */

/** One end of a stream socket. `host` is a literal IPv4 or IPv6 address without brackets. */
export type SocketAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "abstract"; readonly name: string };
