/** A name server that says what the name asks for: `nx.test` is none, `silent.test` gets no answer, `slow.test` one a little later. */
import { createSocket } from "node:dgram";
import { aRecord, dnsQuestion, dnsRecord, dnsReply } from "../unit/wire/dns-bytes.ts";

const loopback6 = [...Array.from({ length: 15 }, () => 0), 1];

/** The name and the type that a question asks for. */
function readQuestion(message: Buffer): { readonly name: string; readonly type: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: message.readUInt16BE(at + 1) };
}

/** What a name has: `a…` 127.0.0.1, `six…` ::1, `both…` either. */
function recordsOf(name: string, type: number): number[][] {
  if (type === 1 && !name.startsWith("six")) return [aRecord(name, "127.0.0.1")];
  return type === 28 && /^(?:six|both)/.test(name) ? [dnsRecord(name, 28, loopback6)] : [];
}

/** Listens on a port of the kernel's choice until `close`. */
export async function startNameServer(): Promise<{ readonly address: string; close(): void }> {
  const socket = createSocket("udp4");
  socket.on("error", () => undefined);
  socket.on("message", (message, from) => {
    const { name, type } = readQuestion(message);
    if (name.startsWith("silent")) return;
    const rcode = name.startsWith("nx") ? 3 : 0;
    const answers = rcode === 0 ? recordsOf(name, type) : [];
    const reply = dnsReply({ id: message.readUInt16BE(0), rcode, question: dnsQuestion(name, type), answers });
    setTimeout(() => socket.send(reply, from.port, from.address), name.startsWith("slow") ? 150 : 0);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}
