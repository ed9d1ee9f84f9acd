/** Software that is met everywhere, as it names itself. */

const families: ReadonlySet<string> = new Set([
  "OpenSSH",
  "OpenSSH_for_Windows",
  "dropbear",
  "PuTTY",
  "WinSCP",
  "FileZilla",
  "paramiko",
  "AsyncSSH",
  "libssh",
  "libssh2",
  "ssh2js",
  "Go",
  "JSCH",
  "APACHE-SSHD",
  "SSHD-CORE",
  "tinyssh",
  "russh",
  "Twisted",
]);

/** Whether no scanner may push it out of a table. */
export function isKnownSoftware(software: string): boolean {
  return families.has(software);
}
