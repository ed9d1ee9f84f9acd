/** What the environment says of trust does not count. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { certificate } from "../../../certificates.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

test("neither NODE_TLS_REJECT_UNAUTHORIZED nor NODE_EXTRA_CA_CERTS has anybody trusted", async () => {
  const stranger = certificate({ subject: "/CN=Another CA", isCa: true });
  const child = Bun.spawn([process.execPath, "test", join(import.meta.dir, "trust.ts")], {
    env: {
      ...process.env,
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      NODE_EXTRA_CA_CERTS: stranger.certificateFile,
      TRUST_CERTIFICATE: stranger.certificateFile,
      TRUST_KEY: stranger.keyFile,
    },
    stdout: "ignore",
    stderr: "pipe",
  });
  const [told, code] = await Promise.all([child.stderr.text(), child.exited]);
  expect({ code, passed: /^ (\d+) pass$/m.exec(told)?.[1] }).toEqual({ code: 0, passed: "3" });
});
