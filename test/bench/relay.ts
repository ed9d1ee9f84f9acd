/** The transport by itself, for the bench: `relay.ts PORT` prints its own port and relays every client to PORT. */
import { bunTransport } from "../../src/net/bun.ts";
import { connectDefaults, listenDefaults, noLimits } from "../contract/stage.ts";

const server = { kind: "tcp", host: "127.0.0.1", port: Number(process.argv[2]) } as const;
const limits = { ...noLimits, clientMs: 60_000, serverMs: 60_000 };

const listener = await bunTransport.listen(
  { ...listenDefaults, address: { kind: "tcp", host: "127.0.0.1", port: 0 } },
  async (client) => {
    try {
      bunTransport.relay(client, await bunTransport.connect({ ...connectDefaults, address: server }).done, limits);
    } catch {
      client.reset();
    }
  },
);
if (listener.address.kind === "tcp") console.log(listener.address.port);
