/** What software calls itself, by family. */
import { expect, test } from "bun:test";
import { sshFamilies, sshFamily } from "../../../../src/wire/ssh/families.ts";
import { readSshIdentification } from "../../../../src/wire/ssh/identification.ts";

test.each([
  ["OpenSSH_9.2p1 Debian-2", "OpenSSH"],
  ["OpenSSH_for_Windows_9.5", "OpenSSH"],
  ["OpenSSH-keyscan", "OpenSSH"],
  ["dropbear_2022.83", "dropbear"],
  ["dropbear", "dropbear"],
  ["PuTTY_Release_0.78", "PuTTY"],
  ["WinSCP_release_5.21", "WinSCP"],
  ["FileZilla_3.60.2", "FileZilla"],
  ["libssh-0.6.3", "libssh"],
  ["libssh_0.9.6", "libssh"],
  ["libssh2_1.10.0", "libssh2"],
  ["paramiko_3.4", "paramiko"],
  ["AsyncSSH_2.10.1", "AsyncSSH"],
  ["ssh2js1.17.0", "ssh2"],
  ["Go", "Go"],
  ["JSCH-0.1.54", "JSch"],
  ["JSCH_0.2.17", "JSch"],
  ["APACHE-SSHD-2.9.2", "Apache MINA"],
  ["SSHD-UNKNOWN", "Apache MINA"],
  ["JGIT-APACHE-SSHD-2.9.2", "JGit"],
  ["Twisted_22.4.0", "Twisted"],
  ["tinyssh_20230101", "TinySSH"],
  ["8.49 FlowSsh: Bitvise SSH Client (Tunnelier) 8.49", "Bitvise"],
  ["Cisco-1.25", "Cisco"],
  ["babeld-9102804c", "GitHub"],
  ["GitLab-SSHD", "GitLab"],
  ["conker_1.0.257-ce87fba app-128", "Bitbucket"],
  ["mod_sftp/0.9.9", "ProFTPD"],
  ["RebexSSH_5.0.8238.0", "Rebex"],
  ["SSHBlackbox.10", "SecureBlackbox"],
  ["EldoS.SSHBlackbox.10", "SecureBlackbox"],
  ["ROSSSH", "MikroTik"],
  ["billsSSH_3.6.3q3", "billsSSH"],
  ["Renci.SshNet.SshClient.2023.0.0", "SSH.NET"],
  ["Ruby/Net::SSH_7.0.1", "Net::SSH"],
  ["6.1.9.95 SSH Tectia Server", "Tectia"],
  ["TTSSH/3.0 Win32", "Tera Term"],
  ["wolfSSHv1.4.12", "wolfSSH"],
  ["fairlead_1.0", "fairlead"],
  ["GoAnywhere_7", null],
  ["constructor", null],
  ["_", null],
])("%s", (rest, family) => {
  const identification = readSshIdentification(`SSH-2.0-${rest}`);
  if (identification === null) throw new Error("no line");
  expect(sshFamily(identification)).toBe(family);
  if (family !== null) expect(sshFamilies).toContain(family);
});
