/** One user's key and one host's, in the forms that each software takes. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { must, scratch } from "../harness.ts";

/** Gone with the block that made them. */
export interface SshKeys extends Disposable {
  /** `client`, `client.pub`, `client.ppk` (PuTTY's), `client.dropbear`, `host`, `host.dropbear`, `host-rsa`, `host-rsa.dropbear`, `tinyssh/`, `authorized`. */
  file(name: string): string;
  /** A home with the client's key let in, for servers that read no other folder. */
  readonly home: string;
  /** The host keys as plink takes them: `SHA256:…`. */
  readonly fingerprints: readonly string[];
}

/** Makes them all. Needs ssh-keygen, puttygen and dropbearconvert. */
export async function makeKeys(): Promise<SshKeys> {
  const folder = scratch();
  const { file } = folder;
  const generate = (name: string, ...type: string[]): Promise<string> =>
    must(["ssh-keygen", "-q", ...type, "-N", "", "-C", name, "-f", file(name)]);
  await Promise.all([
    generate("client", "-t", "ed25519"),
    generate("host", "-t", "ed25519"),
    generate("host-rsa", "-t", "rsa", "-b", "2048"),
  ]);
  const home = file("home");
  mkdirSync(`${home}/.ssh`, { recursive: true, mode: 0o700 });
  copyFileSync(file("client.pub"), file("authorized"));
  copyFileSync(file("client.pub"), `${home}/.ssh/authorized_keys`);
  makeTinysshKeys(file("host"), file("tinyssh"));
  const [ed25519, rsa] = await Promise.all([
    must(["ssh-keygen", "-l", "-f", file("host.pub")]),
    must(["ssh-keygen", "-l", "-f", file("host-rsa.pub")]),
    must(["puttygen", file("client"), "-O", "private", "-o", file("client.ppk")]),
    must(["dropbearconvert", "openssh", "dropbear", file("client"), file("client.dropbear")]),
    must(["dropbearconvert", "openssh", "dropbear", file("host"), file("host.dropbear")]),
    must(["dropbearconvert", "openssh", "dropbear", file("host-rsa"), file("host-rsa.dropbear")]),
  ]);
  return {
    file,
    home,
    fingerprints: [ed25519, rsa].map((line) => line.split(" ")[1] ?? ""),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** tinysshd's folder holds the bare key: `ed25519.pk` of 32 bytes, `.ed25519.sk` of seed and public key. */
function makeTinysshKeys(from: string, folder: string): void {
  const body = Buffer.from(readFileSync(from, "latin1").replace(/-----.*-----/g, ""), "base64");
  const length = Buffer.from([0, 0, 0, 64]);
  const secret = body.subarray(body.lastIndexOf(length) + 4).subarray(0, 64);
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(`${folder}/ed25519.pk`, secret.subarray(32), { mode: 0o600 });
  writeFileSync(`${folder}/.ed25519.sk`, secret, { mode: 0o600 });
}
