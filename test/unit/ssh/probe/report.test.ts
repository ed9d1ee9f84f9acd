/** What a probe has found, as it is printed. */
import { describe, expect, test } from "bun:test";
import type { ProbedKey, SshProbed } from "../../../../src/ssh/probe/probed.ts";
import { knownHostsText, probeJson, probeText, sshfpText } from "../../../../src/ssh/probe/report.ts";
import { type HostKey, parseHostKey } from "../../../../src/wire/ssh/kex/host-key.ts";

const base64 = "AAAAC3NzaC1lZDI1NTE5AAAAIDdEQBTmMoz5M2SmRun8EjqrQVA429qN8Ny3AVr9kiH4";
const fingerprint = "SHA256:PXrU5vBpEe5sExYyqs6UMAq96ok2OPl7Nilzi16UOeg";

function hostKey(): HostKey {
  const key = parseHostKey(new Uint8Array(Buffer.from(base64, "base64")));
  if (key === null) throw new Error("no key");
  return key;
}

const plain: ProbedKey = { algorithm: "ssh-ed25519", key: hostKey(), signature: "valid", failure: null, ms: 3.12345 };
const certificate = {
  id: "host\x1b[1m",
  principals: [],
  serial: 7n,
  validAfter: 0n,
  validBefore: 2n ** 64n - 1n,
  authority: "SHA256:ca",
};
const lists = ["aes128-ctr"];

const probed: SshProbed = {
  identification: { line: "SSH-2.0-x_1 \x1b[2J", protocol: "2.0", software: "x", version: "1", comments: "\x1b[2J" },
  preamble: ["hello\n"],
  offer: {
    keyExchange: ["curve25519-sha256"],
    hostKey: ["ssh-ed25519", "new\n"],
    ciphersToServer: lists,
    ciphersToClient: lists,
    macsToServer: ["hmac-sha1"],
    macsToClient: ["hmac-sha1"],
    compressionToServer: ["none"],
    compressionToClient: ["none"],
    firstFollows: false,
    hassh: "0123",
    hasshText: "a;b;c;d",
  },
  keyExchange: "curve25519-sha256",
  choice: {
    keyExchange: "curve25519-sha256",
    hostKey: "ssh-ed25519",
    cipherToServer: "aes128-ctr",
    cipherToClient: "aes128-ctr",
    macToServer: "hmac-sha1",
    macToClient: "hmac-sha1",
    compressionToServer: "none",
    compressionToClient: "none",
    isPostQuantum: false,
    postQuantumOffered: "client",
    isStrict: false,
    isTerrapin: false,
  },
  postQuantum: [],
  isStrict: false,
  isTerrapin: true,
  keys: [
    plain,
    {
      ...plain,
      algorithm: "ssh-ed25519-cert-v01@openssh.com",
      key: { ...hostKey(), certificate },
      signature: "unknown",
    },
    { ...plain, key: { ...hostKey(), fingerprint: "SHA256:other" }, signature: "invalid", ms: 120.4 },
    { algorithm: "ssh-rsa", key: null, signature: "unknown", failure: "time is up", ms: -1 },
  ],
  unknownKeys: ["new\n"],
  times: { connectMs: 1, identificationMs: 22.2, kexInitMs: 0.06, totalMs: 1234.56789 },
  failure: null,
};

const asked = { host: "git.example.com", port: 7999, address: "192.0.2.1" };

test("text, in which nothing reaches the terminal that is no text", () => {
  expect(probeText(asked, probed)).toBe(`server            git.example.com:7999 (192.0.2.1)
identification    SSH-2.0-x_1 \\x1b[2J
before it         hello\\x0a
HASSH             0123
post-quantum      no: what is recorded today can be read once there are quantum computers
strict kex        no
Terrapin          vulnerable (CVE-2023-48795): no strict kex, and ciphers that need it
OpenSSH 10 client curve25519-sha256, ssh-ed25519, aes128-ctr, hmac-sha1
keys
  256 ${fingerprint} (ED25519) signed with ssh-ed25519, 3.1 ms
  256 ${fingerprint} (ED25519-CERT) signature not verified: this runtime cannot, 3.1 ms
    certificate host\\x1b[1m (serial 7) for any host, valid for ever, signed by SHA256:ca
  256 SHA256:other (ED25519) SIGNATURE WRONG: the server does not have this key, 120 ms
  ssh-rsa: not read: time is up
  new\\x0a: not known here, not asked for
offers
  key exchange    curve25519-sha256
  host keys       ssh-ed25519 new\\x0a
  ciphers         aes128-ctr
  MACs            hmac-sha1
  compression     none
times             connect 1.0 ms, identification 22 ms, KEXINIT 0.1 ms, in all 1235 ms
`);
});

test("a server that a current client cannot connect to", () => {
  const offer = probed.offer === null ? null : { ...probed.offer, hostKey: ["ssh-rsa"] };
  expect(probeText(asked, { ...probed, offer })).toContain("OpenSSH 10 client cannot connect: no host key in common\n");
});

function dated(validAfter: bigint, validBefore: bigint): string {
  const key = { ...hostKey(), certificate: { ...certificate, validAfter, validBefore, principals: ["a", "b"] } };
  return probeText(asked, { ...probed, keys: [{ ...plain, key }] });
}

test("dates that a certificate names, also those that no calendar has", () => {
  expect(dated(1_795_945_500n, 1_827_395_212n)).toContain(
    "for a,b, valid from 2026-11-29T09:45:00Z until 2027-11-28T09:46:52Z, signed by",
  );
  expect(dated(1n, 2n ** 63n)).toContain("valid from 1970-01-01T00:00:01Z until second 9223372036854775808, signed");
});

describe("JSON", () => {
  test("has it all", () => {
    const document = JSON.parse(probeJson(asked, probed)) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual(
      "host port address failure identification preamble hassh hasshText postQuantum strictKex terrapin choice keyExchange keys unknownHostKeyAlgorithms offer times".split(
        " ",
      ),
    );
    expect(document).toMatchObject({ ...asked, strictKex: false, terrapin: true, hassh: "0123" });
    expect(document["times"]).toEqual({ connectMs: 1, identificationMs: 22.2, kexInitMs: 0.06, totalMs: 1234.568 });
    const [first, second, , fourth] = document["keys"] as unknown[];
    expect(first).toEqual({
      algorithm: "ssh-ed25519",
      failure: null,
      type: "ED25519",
      bits: 256,
      fingerprint,
      signature: "valid",
      name: "ssh-ed25519",
      key: base64,
      certificate: null,
      ms: 3.123,
    });
    expect(second).toMatchObject({
      certificate: { ...certificate, serial: "7", validAfter: "0", validBefore: "18446744073709551615" },
    });
    expect(fourth).toEqual({ algorithm: "ssh-rsa", failure: "time is up" });
  });

  test("of nobody", () => {
    const nobody = { ...probed, identification: null, offer: null, choice: null, keys: [], failure: "no" };
    expect(JSON.parse(probeJson({ ...asked, address: null }, nobody))).toMatchObject({
      address: null,
      failure: "no",
      hassh: null,
      strictKex: null,
      terrapin: null,
      offer: null,
      keys: [],
    });
  });
});

test("lines and records have each key once, and none that the server has not shown to have", () => {
  expect(knownHostsText(asked, probed)).toBe(`[git.example.com]:7999 ssh-ed25519 ${base64}\n`);
  expect(sshfpText(asked, probed).split("\n")).toEqual([
    expect.stringMatching(/^git\.example\.com IN SSHFP 4 1 [0-9a-f]{40}$/),
    "git.example.com IN SSHFP 4 2 3d7ad4e6f06911ee6c131632aace94300abdea893638f97b3629738b5e9439e8",
    "",
  ]);
});
