/** The zero-copy plane of a forwarder: what it has moved, and having it started. */
import type { Forwarder } from "./forwarder.ts";
import { waitUntil } from "./harness.ts";
import { open, readBytes } from "./sockets.ts";

/** Bytes that the forwarder has moved without reading them. */
export async function splicedBytes(forwarder: Forwarder): Promise<number> {
  const { body } = await forwarder.page("/metrics");
  return Number(/^haproxy_process_spliced_bytes_out_total (\d+)$/m.exec(body)?.[1]);
}

/** Moves bulk to and from an echoing server until some of it is spliced: the plane begins with the first bulk, and that takes a while. */
export async function spliceOnce(forwarder: Forwarder, port: number): Promise<void> {
  await waitUntil("something is spliced", async () => {
    const client = await open(port);
    const sent = Buffer.alloc(8 * 1024 * 1024, "bulk ");
    const reading = readBytes(client, sent.length);
    client.write(sent);
    await reading;
    client.destroy();
    return (await splicedBytes(forwarder)) > 0;
  });
}
