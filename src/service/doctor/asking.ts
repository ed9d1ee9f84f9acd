/** Asks servers what they are, as the configuration has it: one socket's address, with or without a PROXY header first. */
import { clockMs } from "../../clock.ts";
import type { SocketAddress } from "../../address.ts";
import { version } from "../../cli/version.ts";
import type { Connection, ConnectOptions } from "../../net/transport.ts";
import { hear, type Heard } from "../../ssh/probe/hearing.ts";
import { ownHeader, ownHeaderV2 } from "../../ssh/probe/own-header.ts";
import { plainSocket } from "../../ssh/probe/plain-socket.ts";
import { SshProbe } from "../../ssh/probe/probe.ts";
import type { SshProbed } from "../../ssh/probe/probed.ts";
import type { Examined } from "./examined.ts";

/** What is sent before anything else: nothing, or a PROXY header of that version. */
export type Header = "none" | "v1" | "v2";

/** How a socket is reached. */
export interface Way {
  readonly address: SocketAddress;
  readonly source: ConnectOptions["source"];
}

const software = `fairlead_${version}`;

function headerOf(header: Header): ((connection: Connection) => Uint8Array) | null {
  return header === "none" ? null : header === "v1" ? ownHeader : ownHeaderV2;
}

type Asker = Pick<Examined, "transport" | "deadlineAt">;

/** Who that is as an SSH server; `part` of the time that is left may be used. Never rejects. */
export function probeSsh({ transport, deadlineAt }: Asker, way: Way, header: Header, part = 1): Promise<SshProbed> {
  const timeoutMs = Math.max(1, (deadlineAt - clockMs()) * part);
  const connect = { ...plainSocket, ...way, timeoutMs: 0 };
  return new SshProbe({ transport, connect, software, header: headerOf(header), timeoutMs }).run();
}

/** Whether somebody is there, and whether it is an SSH server that speaks first. */
export function hearServer({ transport, deadlineAt }: Asker, way: Way, header: Header): Promise<Heard> {
  const timeoutMs = Math.max(1, Math.ceil(deadlineAt - clockMs()));
  return hear(transport, { ...plainSocket, ...way, timeoutMs }, headerOf(header), software);
}
