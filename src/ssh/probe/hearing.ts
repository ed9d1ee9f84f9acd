/** Hears whether a server identifies itself as SSH's without being asked anything. */
import { clockMs } from "../../clock.ts";
import { type Connection, type ConnectOptions, type Transport, TransportError } from "../../net/transport.ts";
import { formatSshIdentification } from "../../wire/ssh/identification.ts";
import { Conversation, ProbeFailure } from "./conversation.ts";

/** A server that speaks first says so within this time; who is silent longer is none of SSH. */
const hearingMs = 400;

/** `failure`: why there is no connection; null where there was one. */
export interface Heard {
  readonly failure: string | null;
  readonly speaksSsh: boolean;
}

/** Connects and hears it out; to an SSH server good-bye is said. Never rejects but for a fault of our own. */
export async function hear(
  transport: Pick<Transport, "connect">,
  connect: ConnectOptions,
  header: ((connection: Connection) => Uint8Array) | null,
  software: string,
): Promise<Heard> {
  let connection: Connection;
  try {
    connection = await transport.connect(connect).done;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { failure: error.deadline ? "time is up before there is a connection" : error.message, speaksSsh: false };
  }
  const conversation = new Conversation(connection, clockMs() + hearingMs);
  if (header !== null) conversation.send(header(connection));
  try {
    await conversation.identification();
    // sshd logs an error for who goes without having said this.
    conversation.send(formatSshIdentification(software));
    return { failure: null, speaksSsh: true };
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    return { failure: null, speaksSsh: false };
  } finally {
    await conversation.end();
  }
}
