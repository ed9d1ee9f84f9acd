/** Where the lines at the start of an SSH connection end (RFC 4253, section 4.2). */

/** How many of a server's first bytes are lines, its identification the last of them; 0: that is not whole, or there is none. */
export function linesEnd(bytes: Uint8Array): number {
  for (let at = 0; ;) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) return 0;
    if (bytes[at] === 0x53 && bytes[at + 1] === 0x53 && bytes[at + 2] === 0x48 && bytes[at + 3] === 0x2d)
      return end + 1;
    at = end + 1;
  }
}
