/** What the two sides of an SSH connection send first, made up (RFC 4253, sections 4.2, 6 and 7.1). */

/** The lists of a KEXINIT, those that are not named are OpenSSH's of 9.2, shortened. */
export interface Lists {
  readonly kex?: string;
  readonly hostkey?: string;
  readonly ciphers?: string;
  readonly macs?: string;
  readonly compression?: string;
  /** Of the other direction, where that is not the same: towards the client. */
  readonly ciphersToClient?: string;
  readonly macsToClient?: string;
  readonly compressionToClient?: string;
  readonly firstFollows?: boolean;
}

/** An unencrypted packet: length, length of the padding, payload, padding to eights. */
export function packet(payload: Uint8Array): Buffer {
  const padding = 4 + ((8 - ((payload.length + 9) % 8)) % 8);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + padding, 0);
  head[4] = padding;
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}

function nameList(names: string): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(names.length, 0);
  return Buffer.concat([head, Buffer.from(names, "latin1")]);
}

/** A KEXINIT whole, as a packet. */
export function kexinit(lists: Lists = {}): Buffer {
  const ciphers = lists.ciphers ?? "chacha20-poly1305@openssh.com,aes128-ctr,aes256-gcm@openssh.com";
  const macs = lists.macs ?? "umac-64-etm@openssh.com,hmac-sha2-256";
  const compression = lists.compression ?? "none,zlib@openssh.com";
  const names = [
    lists.kex ?? "curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256",
    lists.hostkey ?? "ssh-ed25519,rsa-sha2-512",
    ciphers,
    lists.ciphersToClient ?? ciphers,
    macs,
    lists.macsToClient ?? macs,
    compression,
    lists.compressionToClient ?? compression,
    // Languages.
    "",
    "",
  ];
  const end = Buffer.from([lists.firstFollows === true ? 1 : 0, 0, 0, 0, 0]);
  return packet(Buffer.concat([Buffer.from([20]), Buffer.alloc(16, 0x5a), ...names.map(nameList), end]));
}

/** An identification line and a KEXINIT. */
export function firstFlight(ident: string, lists: Lists = {}): Buffer {
  return Buffer.concat([Buffer.from(`${ident}\r\n`, "latin1"), kexinit(lists)]);
}
