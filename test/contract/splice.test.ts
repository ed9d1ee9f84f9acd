/** The contract suite for the zero-copy plane: with sockets taken from Bun, and with bare descriptors from the start. */
import { beforeAll } from "bun:test";
import { bunTransport } from "../../src/net/bun.ts";
import { canCallLibc } from "../../src/net/libc.ts";
import { spliceTransport } from "../../src/net/splice.ts";
import type { Transport } from "../../src/net/transport.ts";
import { noLimits, Stage } from "./stage.ts";
import { transportContract } from "./suite.ts";

if (process.platform === "linux" && canCallLibc()) {
  const plane = spliceTransport(bunTransport, 2, (level, text) => {
    throw new Error(`${level}: ${text}`);
  });
  const both = { request: true, response: true };
  const handed: Transport = {
    ...plane,
    name: "handed",
    relay: (client, server, limits, tap) => plane.relay(client, server, { ...limits, splice: both }, tap),
  };
  const raw: Transport = {
    ...handed,
    name: "raw",
    listen: (options, accept) => plane.listen({ ...options, splice: true }, accept),
    connect: (options) => plane.connect({ ...options, splice: true }),
  };
  const copying: Transport = {
    ...raw,
    name: "copying",
    relay: (client, server, limits, tap) => plane.relay(client, server, limits, tap),
  };
  // Workers open descriptors of their own when they start: the suite counts from there.
  beforeAll(async () => {
    using stage = await Stage.set(raw);
    const sessions = await Promise.all(Array.from({ length: 8 }, () => stage.session(noLimits)));
    for (const { client, server } of sessions) {
      client.send("warm");
      await server.until("a byte", () => server.count > 0);
      client.reset();
    }
    await Promise.all(sessions.map(({ relay }) => relay.ended));
  });
  for (const transport of [handed, raw, copying])
    transportContract(transport, {
      libc: true,
      sharesPorts: true,
      abstractNames: true,
      v6only: true,
      bindErrors: true,
    });
} else console.warn("SKIPPED: the zero-copy plane needs Linux and FFI");
