/** What one end of an SSH connection says of it in its own verbose log, in the protocol's names. */

/** Only what that software tells. */
export interface Told {
  readonly kex?: string;
  readonly hostkey?: string;
  readonly cipherToServer?: string;
  readonly cipherToClient?: string;
  readonly macToServer?: string;
  readonly macToClient?: string;
  readonly compressionToServer?: string;
  readonly compressionToClient?: string;
  readonly isStrict?: boolean;
  readonly isTerrapin?: boolean;
  /** The other end's identification line. */
  readonly remoteIdent?: string;
  readonly localIdent?: string;
}

/** The first group of a pattern in a log; undefined where it has no such line. */
function group(log: string, pattern: RegExp): string | undefined {
  return pattern.exec(log)?.[1];
}

/** Without what is not told. */
function only(told: { readonly [name in keyof Told]: Told[name] | undefined }): Told {
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Told;
}

/** OpenSSH's, either end, at `-vvv` or LogLevel DEBUG3. */
export function toldByOpenssh(log: string): Told {
  const toServer = /kex: client->server cipher: (\S+) MAC: (\S+) compression: (\S+)/.exec(log);
  const toClient = /kex: server->client cipher: (\S+) MAC: (\S+) compression: (\S+)/.exec(log);
  return only({
    kex: group(log, /kex: algorithm: (\S+)/),
    hostkey: group(log, /kex: host key algorithm: (\S+)/),
    cipherToServer: toServer?.[1],
    macToServer: toServer?.[2]?.replace("<implicit>", "implicit"),
    compressionToServer: toServer?.[3],
    cipherToClient: toClient?.[1],
    macToClient: toClient?.[2]?.replace("<implicit>", "implicit"),
    compressionToClient: toClient?.[3],
    isStrict: toServer === null ? undefined : log.includes("will use strict KEX ordering"),
  });
}

/** What PuTTY calls them. */
const puttyNames: ReadonlyMap<string, string> = new Map([
  ["AES-256 SDCTR", "aes256-ctr"],
  ["AES-128 SDCTR", "aes128-ctr"],
  ["AES-256 GCM", "aes256-gcm@openssh.com"],
  ["ChaCha20", "chacha20-poly1305@openssh.com"],
  ["HMAC-SHA-256", "hmac-sha2-256"],
  ["HMAC-SHA-256 (ETM)", "hmac-sha2-256-etm@openssh.com"],
  ["Poly1305", "implicit"],
]);

function puttyName(said: string | undefined): string | undefined {
  const name = said?.replace(/ \((?!ETM)[^)]*\)/g, "");
  return name === undefined ? undefined : (puttyNames.get(name) ?? `PuTTY's ${name}`);
}

/** plink's, at `-v`. It describes key exchanges and does not name them. */
export function toldByPutty(log: string): Told {
  return only({
    hostkey: group(log, /Host key fingerprint is:\r?\n(ssh-ed25519) /),
    cipherToServer: puttyName(group(log, /Initialised (.*) outbound encryption/)),
    cipherToClient: puttyName(group(log, /Initialised (.*) inbound encryption/)),
    macToServer: puttyName(group(log, /Initialised (.*) outbound MAC algorithm/)),
    macToClient: puttyName(group(log, /Initialised (.*) inbound MAC algorithm/)),
    isStrict: log.includes("Enabling strict key exchange semantics"),
    isTerrapin: log.includes("vulnerable to 'Terrapin' attack"),
    remoteIdent: group(log, /Remote version: (.*?)\r?$/m),
    localIdent: group(log, /We claim version: (.*?)\r?$/m),
  });
}

/** paramiko's, at DEBUG. */
export function toldByParamiko(log: string): Told {
  const both = (name: string): string | undefined => group(log, new RegExp(`paramiko: ${name}: (\\S+)$`, "m"));
  return only({
    kex: both("Kex"),
    hostkey: both("HostKey"),
    cipherToServer: both("Cipher"),
    cipherToClient: both("Cipher"),
    macToServer: both("MAC"),
    macToClient: both("MAC"),
    compressionToServer: both("Compression"),
    compressionToClient: both("Compression"),
    remoteIdent: group(log, /Remote version\/idstring: (.*)$/m),
  });
}

/** asyncssh's, either end, at its debug level 2. It has the MAC's name blank or the cipher's own where the cipher brings it. */
export function toldByAsyncssh(log: string): Told {
  const toServer = group(log, /Client to server:\n(.*Encryption alg: \S+\n.*MAC alg: .*\n.*Compression alg: \S+)/);
  const toClient = group(log, /Server to client:\n(.*Encryption alg: \S+\n.*MAC alg: .*\n.*Compression alg: \S+)/);
  const cipher = (part: string | undefined) => group(part ?? "", /Encryption alg: (\S+)/);
  const mac = (part: string | undefined) => {
    const name = group(part ?? "", /MAC alg: (\S*)/);
    return name === "" || (name !== undefined && name === cipher(part)) ? "implicit" : name;
  };
  const compression = (part: string | undefined) => group(part ?? "", /Compression alg: (\S+)/);
  return only({
    kex: group(log, / Key exchange alg: (\S+)/),
    cipherToServer: cipher(toServer),
    cipherToClient: cipher(toClient),
    macToServer: mac(toServer),
    macToClient: mac(toClient),
    compressionToServer: compression(toServer),
    compressionToClient: compression(toClient),
  });
}

/** ssh2's, either end, by its `debug` function. */
export function toldBySsh2(log: string): Told {
  const named = (what: string): string | undefined =>
    group(log, new RegExp(`^Handshake: ${what}: (\\S+)$`, "m"))?.replace("<implicit>", "implicit");
  const kex = named("KEX algorithm");
  return only({
    kex,
    hostkey: named("Host key format"),
    cipherToServer: named("C->S Cipher") ?? named("C->S cipher"),
    cipherToClient: named("S->C Cipher") ?? named("S->C cipher"),
    macToServer: named("C->S MAC"),
    macToClient: named("S->C MAC"),
    compressionToServer: named("C->S compression"),
    compressionToClient: named("S->C compression"),
    isStrict: kex === undefined ? undefined : log.includes("strict KEX mode enabled"),
    remoteIdent: group(log, /^Remote ident: '(SSH-2.0-.*)'$/m),
  });
}
