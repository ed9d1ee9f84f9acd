/** The systems that the binary is built for. */
export const targets: readonly string[] = [
  "linux-x64",
  "linux-arm64",
  "linux-x64-musl",
  "linux-arm64-musl",
  "freebsd-x64",
  "freebsd-arm64",
  "darwin-x64",
  "darwin-arm64",
];
