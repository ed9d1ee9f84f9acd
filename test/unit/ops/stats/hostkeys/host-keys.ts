/** Host keys of a backend made up, as pages and commands read them. */
import type { HostKeysBackend, PublicHostKeys } from "../../../../../src/ssh/public.ts";

const at = Date.UTC(2026, 10, 1, 10);
const day = 86_400_000;
const key = {
  name: "ssh-ed25519",
  type: "ED25519",
  bits: 256,
  fingerprint: "SHA256:a",
  firstAt: at,
  lastAt: at + day,
  isVerified: true,
  isListed: true,
  before: null,
};
const server = {
  name: "one",
  address: "192.0.2.1:22",
  pin: "held",
  objection: null,
  lookedAt: at + day,
  failure: null,
  changes: 0,
  keys: [key],
} as const;

const git: HostKeysBackend = {
  name: "git",
  differences: [
    {
      type: "ED25519",
      name: "ssh-ed25519",
      groups: [
        { fingerprint: "SHA256:a", servers: [{ name: "one", firstAt: at }] },
        { fingerprint: null, servers: [{ name: "two", firstAt: null }] },
      ],
    },
  ],
  servers: [
    server,
    {
      ...server,
      name: "two",
      pin: "refused",
      objection: "its host key is not pinned",
      failure: "ssh-rsa: time is up",
      changes: 1,
      keys: [
        {
          ...key,
          name: "ssh-rsa certificate",
          type: "RSA",
          bits: 2048,
          fingerprint: "SHA256:r",
          isVerified: false,
          isListed: false,
          before: { fingerprint: "SHA256:q", firstAt: at - day, lastAt: at },
        },
      ],
    },
    { ...server, name: "three", address: null, pin: "unknown", lookedAt: null, keys: [] },
  ],
};

/** Two backends, of which one has nothing to tell. */
export const hostKeys: PublicHostKeys = {
  isWatching: true,
  looks: { whole: 5, failed: 2 },
  backends: () => [git, { name: "quiet", differences: [], servers: [{ ...server, pin: "none" }] }],
};
