/** Lines as software sends them, taken apart; and one of ours. */
import { expect, test } from "bun:test";
import { formatSshIdentification, readSshIdentification } from "../../../../src/wire/ssh/identification.ts";

test.each([
  ["OpenSSH_9.2p1 Debian-2+deb12u3", "OpenSSH", "9.2p1"],
  ["OpenSSH_for_Windows_8.1", "OpenSSH_for_Windows", "8.1"],
  ["OpenSSH-keyscan", "OpenSSH-keyscan", ""],
  ["dropbear_2022.83", "dropbear", "2022.83"],
  ["dropbear", "dropbear", ""],
  ["PuTTY_Release_0.78", "PuTTY", "0.78"],
  ["PuTTY_Snapshot_2022_10_28.abcdef", "PuTTY", "2022_10_28.abcdef"],
  ["PuTTY_Unidentified_Local_Build", "PuTTY", ""],
  ["WinSCP_release_5.21", "WinSCP", "5.21"],
  ["FileZilla_3.60.2", "FileZilla", "3.60.2"],
  ["libssh2_1.10.0", "libssh2", "1.10.0"],
  ["libssh_0.9.6", "libssh", "0.9.6"],
  ["libssh-0.6.3", "libssh", "0.6.3"],
  ["paramiko_3.4", "paramiko", "3.4"],
  ["paramiko_3.4.0", "paramiko", "3.4.0"],
  ["Go", "Go", ""],
  ["AsyncSSH_2.10.1", "AsyncSSH", "2.10.1"],
  ["ssh2js1.17.0", "ssh2js", "1.17.0"],
  ["JSCH-0.1.54", "JSCH", "0.1.54"],
  ["APACHE-SSHD-2.9.2", "APACHE-SSHD", "2.9.2"],
  ["JGIT-APACHE-5.8.1.202007141445-r", "JGIT-APACHE", "5.8.1.202007141445-r"],
  ["SSHD-UNKNOWN", "SSHD-UNKNOWN", ""],
  ["GerritCodeReview_3.4.1 (APACHE-SSHD-2.6.0)", "GerritCodeReview", "3.4.1"],
  ["babeld-5eb3f3d", "babeld", "5eb3f3d"],
  ["babeld-f3847d63", "babeld", "f3847d63"],
  ["conker_1.0.257-ce87fba app-128", "conker", "1.0.257-ce87fba"],
  ["Cisco-1.25", "Cisco", "1.25"],
  ["mod_sftp", "mod_sftp", ""],
  ["mod_sftp/0.9.9", "mod_sftp", "0.9.9"],
  ["GitLab-SSHD", "GitLab-SSHD", ""],
  ["Twisted_22.4.0", "Twisted", "22.4.0"],
  ["RebexSSH_5.0.8238.0", "RebexSSH", "5.0.8238.0"],
  ["SSHBlackbox.10", "SSHBlackbox", "10"],
  ["tinyssh_20230101 n3kmv8m9yz", "tinyssh", "20230101"],
  ["tinyssh_noversion n3kmv8m9yz", "tinyssh", ""],
  ["billsSSH_3.6.3q3", "billsSSH", "3.6.3q3"],
  ["ROSSSH", "ROSSSH", ""],
  ["Renci.SshNet.SshClient.2023.0.0", "Renci.SshNet.SshClient", "2023.0.0"],
  ["Ruby/Net::SSH_7.0.1 x86_64-linux", "Ruby/Net::SSH", "7.0.1"],
  ["Erlang/4.15", "Erlang", "4.15"],
  ["VShell_4_0_0_123 VShell", "VShell", "4_0_0_123"],
  ["AWS_SFTP_1.1", "AWS_SFTP", "1.1"],
  ["8.49 FlowSsh: Bitvise SSH Client (Tunnelier) 8.49", "FlowSsh", "8.49"],
  ["6.1.9.95 SSH Tectia Server", "Tectia", "6.1.9.95"],
  ["1.36_sshlib GlobalSCAPE", "sshlib", "1.36"],
  ["9.9", "9.9", ""],
  ["_9.9", "_9.9", ""],
  ["x_v1.2", "x", "1.2"],
])("%s", (rest, software, version) => {
  const line = `SSH-2.0-${rest}`;
  const blank = rest.indexOf(" ");
  const comments = blank < 0 ? null : rest.slice(blank + 1);
  expect(readSshIdentification(line)).toEqual({ line, protocol: "2.0", software, version, comments });
});

test("what is no line", () => {
  const lines = ["SSH-", "SSH--x", "SSH-2.0", "SSH-2.0-", "SSH-2.0- x", "SSH-2-x", "SSH-2.0x-y", "SSH-2 .0-y"];
  expect(lines.map(readSshIdentification)).toEqual(lines.map(() => null));
});

test("a long line takes no long", () => {
  const start = performance.now();
  for (const piece of ["1", "-", "_1", "1.", "f", "a1", "-1.", "/v", "_release"])
    readSshIdentification(`SSH-2.0-${piece.repeat(200_000 / piece.length)} x`);
  // Seconds, if steps were their square.
  expect(performance.now() - start).toBeLessThan(1000);
});

const text = (software: string, comments?: string): string =>
  Buffer.from(formatSshIdentification(software, comments)).toString("latin1");

test("ours", () => {
  expect(text("fairlead")).toBe("SSH-2.0-fairlead\r\n");
  expect(text("a-b c\n", "d\r\ne é")).toBe("SSH-2.0-a_b_c_ d??e ?\r\n");
  expect(text("x", "y".repeat(300))).toBe(`SSH-2.0-x ${"y".repeat(243)}\r\n`);
});
