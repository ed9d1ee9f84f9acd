/** Lines and records of a key, as ssh-keyscan and `ssh-keygen -r` print them. */
import { expect, test } from "bun:test";
import { type HostKey, parseHostKey } from "../../../../../src/wire/ssh/kex/host-key.ts";
import { knownHostsLine, sshfpRecords } from "../../../../../src/wire/ssh/kex/key-records.ts";

const base64 =
  "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKtCKnYL20fJG7jv53hpL9Wi8r5IaZWG5Ei3ySyjQ07xZuqw6ZTaxgM0v7Y9psTnWejztnq/MHvJpt0DYm1Yht4=";

function key(): HostKey {
  const parsed = parseHostKey(new Uint8Array(Buffer.from(base64, "base64")));
  if (parsed === null) throw new Error("no key");
  return parsed;
}

test("a line of known_hosts names the port where it is not 22", () => {
  expect(["h", "::1"].flatMap((host) => [22, 7999].map((port) => knownHostsLine(host, port, key())))).toEqual(
    ["h", "[h]:7999", "::1", "[::1]:7999"].map((name) => `${name} ecdsa-sha2-nistp256 ${base64}`),
  );
});

test("SSHFP", () => {
  expect(sshfpRecords("h", key())).toEqual([
    "h IN SSHFP 3 1 1bb47835e825d8ce45867f5777dc90d8a62aaea1",
    "h IN SSHFP 3 2 55e002507cefccd593a7e6cc3553221e947889735399572b50b3df3ca0d7987a",
  ]);
});
