/** What went wrong with a check's connection, in HAProxy's words. */
import type { SocketAddress } from "../../../address.ts";
import { TransportError } from "../../../net/transport.ts";
import { wordTable } from "../../../word-table.ts";
import { HandshakeError } from "../../tls/secured-connect.ts";

/** What the connection itself did wrong: `text` is the system's word for it, or null when time ran out. Thrown, but no Error, as `CheckEnd`. */
export class DialogueFailure {
  constructor(
    readonly status: "L4CON" | "L4TOUT" | "L6RSP" | "L6TOUT" | "L7TOUT" | "SOCKERR",
    readonly text: string | null,
  ) {}
}

/** What HAProxy says before the system's text when no socket could be had. */
const socketFailures = wordTable({
  EAFNOSUPPORT: "Protocol or address family not supported",
  EMFILE: "Too many sockets on the process",
  ENFILE: "Too many sockets on the system",
  ENOBUFS: "Out of system buffers",
  ENOMEM: "Out of system buffers",
});

/** The same when connect(2) found no local end. */
const localFailures = wordTable({
  EADDRINUSE: "Local source address already in use",
  EADDRNOTAVAIL: "Out of local source ports on the system",
  EAGAIN: "Out of local source ports on the system",
});

function handshakeFailure({ cause, deadline }: HandshakeError): DialogueFailure {
  if (deadline) return new DialogueFailure("L6TOUT", null);
  const isOther = cause.kind === "name";
  return new DialogueFailure("L6RSP", isOther ? otherCertificate : "SSL handshake failure");
}

/** HAProxy's words for a certificate with another name. */
const otherCertificate = "Server presented an SSL certificate different from the configured one";

/** Turns what a transport's attempt gave into the check's words. */
export function connectFailure(error: unknown, address: SocketAddress): DialogueFailure {
  if (error instanceof DialogueFailure) return error;
  if (!(error instanceof TransportError)) throw error;
  if (error instanceof HandshakeError) return handshakeFailure(error);
  if (error.deadline) return new DialogueFailure("L4TOUT", null);
  const { code, message } = error;
  const isRemote = address.kind === "tcp";
  if (error.stage === "socket") {
    return new DialogueFailure("SOCKERR", `${socketFailures.get(code) ?? "General socket error"} (${message})`);
  }
  const status = isRemote ? "L4CON" : "SOCKERR";
  if (error.stage === "source") return new DialogueFailure(status, `Can't bind to source address (${message})`);
  // A unix socket's server answers connect(2) itself.
  if (isRemote && error.stage === "handshake") return new DialogueFailure(status, message);
  return new DialogueFailure(status, `${localFailures.get(code) ?? "General socket error"} (${message})`);
}
