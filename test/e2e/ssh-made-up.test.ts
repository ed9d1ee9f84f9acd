/** What no client and server at hand agree on: both sides' first flights made up, sent through the program, and what it tells of them. */
import { expect } from "bun:test";
import { startForwarder } from "./forwarder.ts";
import { freePort, testWith } from "./harness.ts";
import { open, readAll, serve } from "./sockets.ts";
import { python } from "./ssh-software/clients.ts";
import { firstFlight, type Lists } from "./ssh-software/packets.ts";
import type { Recorded } from "./ssh-software/recorder.ts";
import { judge, type Line, parseSamples, sampleFormat } from "./ssh-software/samples.ts";

interface Pair {
  readonly client: Lists;
  readonly server: Lists;
  /** Some of what is to be told, by hand; the whole is compared with a program apart. */
  readonly told: Line;
}

const pairs: readonly Pair[] = [
  {
    // OpenSSH of 10.0 and later among themselves.
    client: { kex: "mlkem768x25519-sha256,sntrup761x25519-sha512,curve25519-sha256,kex-strict-c-v00@openssh.com" },
    server: { kex: "mlkem768x25519-sha256,curve25519-sha256,kex-strict-s-v00@openssh.com" },
    told: { kex: "mlkem768x25519-sha256", pq: "yes", "pq.offered": "both", strict_kex: "1", terrapin: "0" },
  },
  {
    // Both could, and do not agree on how.
    client: { kex: "curve25519-sha256,mlkem1024nistp384-sha384" },
    server: { kex: "x25519-kyber-512r3-sha256-d00@amazon.com,curve25519-sha256" },
    told: { kex: "curve25519-sha256", pq: "no", "pq.offered": "both", strict_kex: "0", terrapin: "1" },
  },
  {
    // Only one is strict; each direction has its own; there is no compression in common.
    client: {
      kex: "ext-info-c,sntrup761x25519-sha512@openssh.com,kex-strict-c-v00@openssh.com",
      ciphers: "aes128-ctr",
      ciphersToClient: "aes128-cbc",
      macs: "hmac-sha1",
      macsToClient: "hmac-sha1-etm@openssh.com",
    },
    server: {
      kex: "ext-info-c,sntrup761x25519-sha512@openssh.com",
      ciphers: "aes256-ctr,aes128-ctr",
      ciphersToClient: "aes128-ctr,aes128-cbc",
      macs: "hmac-sha1",
      macsToClient: "hmac-sha1-etm@openssh.com",
      compressionToClient: "zlib",
    },
    told: {
      kex: "sntrup761x25519-sha512@openssh.com",
      pq: "yes",
      strict_kex: "0",
      terrapin: "1",
      "cipher.c2s": "aes128-ctr",
      "cipher.s2c": "aes128-cbc",
      "mac.s2c": "hmac-sha1-etm@openssh.com",
      "compression.s2c": "-",
    },
  },
  {
    // A wrong guess changes nothing, pseudo-names are no key exchanges, and GCM brings its own MAC.
    client: {
      kex: "kexguess2@matt.ucc.asn.au,diffie-hellman-group1-sha1,curve25519-sha256",
      ciphers: "aes256-gcm@openssh.com",
      macs: "hmac-md5",
      firstFollows: true,
    },
    server: { kex: "kexguess2@matt.ucc.asn.au,curve25519-sha256", macs: "hmac-sha1" },
    told: {
      kex: "curve25519-sha256",
      pq: "no",
      "pq.offered": "none",
      "mac.c2s": "implicit",
      "mac.s2c": "implicit",
      terrapin: "0",
    },
  },
];

testWith([python, "fairlead", "curl"], "what nobody at hand negotiates is told, too", async () => {
  const sent: Recorded[] = pairs.map(({ client, server }, index) => ({
    client: firstFlight(`SSH-2.0-OpenSSH_10.${index}`, client),
    server: firstFlight("SSH-1.99-Made-Up_1.0 and a comment", server),
  }));
  const judged = await judge(sent);
  let turn = 0;
  await using server = await serve((socket) => {
    socket.write(sent[turn++]?.server ?? "");
    socket.on("end", () => socket.end()).resume();
  });
  const port = await freePort();
  await using forwarder = await startForwarder(
    `global
    log stdout len 65535 format raw local0
defaults
    log global
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen in
    bind 127.0.0.1:${port}
    log-format "in ${sampleFormat}"
    server one 127.0.0.1:${server.port}
`,
    { whole: true },
  );
  for (const [index, { told }] of pairs.entries()) {
    const client = await open(port);
    client.end(sent[index]?.client ?? "");
    await readAll(client);
    const line = parseSamples(await forwarder.line(new RegExp(`client\\.version=\\{10\\.${index}\\}`)));
    expect(line).toMatchObject({ ...judged[index], ...told });
  }
  await forwarder.expectQuiet();
});
