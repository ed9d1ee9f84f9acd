import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { socketCalls, type SocketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { TlsFailure, type TlsConnection } from "../../../../src/net/tls/secure.ts";
import { certificate } from "../../../certificates.ts";
import { clientDefaults, serverDefaults } from "../../../contract/tls-transport.ts";
import { meet, ways } from "./pair.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const identity = certificate({ subject: "/CN=one.test", names: "DNS:one.test" });
const versions = ["TLSv1.3", "TLSv1.2"] as const;

async function joined(
  way: (typeof ways)[number],
  maxVersion: (typeof versions)[number],
): Promise<{ readonly server: TlsConnection; readonly client: TlsConnection }> {
  const met = await meet(way, {
    choose: way.tls.serverContext({ ...serverDefaults, maxVersion, identities: [identity] }),
    client: way.tls.clientContext({ ...clientDefaults, ca: [identity.certificate] }),
  });
  const { server, client } = met;
  if (server instanceof TlsFailure || client instanceof TlsFailure) throw new Error("no handshake");
  return { server, client };
}

function declare(calls: SocketCalls): void {
  for (const way of ways.filter(({ tls }) => tls.name === "bun"))
    describe(way.name, () => {
      test("FIN without a close_notify is an end, and the answer still flows", async () => {
        for (const version of versions) {
          const { server, client } = await joined(way, version);
          client.write(Buffer.from("question"));
          calls.shutdownWrite(client.fd);
          const { bytes, state } = await server.peek(100, 100, 5000);
          expect([Buffer.from(bytes).toString(), state]).toEqual(["question", "end"]);
          server.write(Buffer.from("answer"));
          server.close();
          const answer = await client.peek(100, 100, 5000);
          expect([Buffer.from(answer.bytes).toString(), answer.state]).toEqual(["answer", "end"]);
          client.close();
        }
      });

      test("what is no record of TLS is a loss, never an end", async () => {
        for (const version of versions) {
          const { server, client } = await joined(way, version);
          client.write(Buffer.from("question"));
          await server.peek(8, 8, 5000);
          calls.send(client.fd, Buffer.from([0x17, 3, 3, 0, 40, ...Array.from({ length: 40 }, () => 7)]));
          expect((await server.peek(100, 100, 5000)).state).toBe("lost");
          server.reset();
          client.reset();
        }
      });
    });
}

const calls = socketCalls();
if (calls !== null) declare(calls);
else console.warn("SKIPPED: what goes past TLS takes libc");
