/** Host keys and certificates as OpenSSH writes them; fingerprints are ssh-keygen's. */
import { describe, expect, test } from "bun:test";
import { joinBytes, mpintField, stringField } from "../../../../../src/wire/ssh/kex/fields.ts";
import { fingerprintOf, parseHostKey } from "../../../../../src/wire/ssh/kex/host-key.ts";

const blob = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** Made with ssh-keygen; `ssh-keygen -lf` prints bits, fingerprint and type. */
const made = {
  ed25519: "AAAAC3NzaC1lZDI1NTE5AAAAIDdEQBTmMoz5M2SmRun8EjqrQVA429qN8Ny3AVr9kiH4",
  ecdsa256:
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKtCKnYL20fJG7jv53hpL9Wi8r5IaZWG5Ei3ySyjQ07xZuqw6ZTaxgM0v7Y9psTnWejztnq/MHvJpt0DYm1Yht4=",
  ecdsa384:
    "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBPpdgn6aXBz2KjIcDIN9dJZAeTG34rlfoVeNrxt+LUspR+25BLXhxaG2LgHWfm/rShvzQhNrE/paobigy9wnmWvrvfJdj/J5knPN+qY5p91zi6b5ufliUpMrk6AlAqgfBQ==",
  ecdsa521:
    "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAEyee6IwCKHr6iIzMNdrsv6oWo0lXEVLuOhIojrKO+UOAF+QORGjSHWdL2047wQnzPO7iTJvytAzEAlOcqVApCTqgHUZyorRgnC2EH40V5Q5dbJoRrjuF2UA/8nP9OsdVxCCX/7zFEHowZaeRXiFbOKQ+lNxQHzE8IasVsgLVUmj1CgLQ==",
  rsa: "AAAAB3NzaC1yc2EAAAADAQABAAABAQC/bHnfOy9JGEBVB8TAYxKxUvXPPpgIdhDzPVK1dhSO/pEObnlfErx/PyWzmoBZ8vVknW+BgzgGmpbaT9my+t9P88Bz883Ji0XR6BxXmJ6SESrH54n5GU8mzMI7QcbygmiQvIrDma4p7DoWY4v2u50H9kl4HbUVF59RJXO5nDwelznBdjeezRp6ZRf2o+a9Aa97hl+WnRbfQ3jQxqqTLGx9HYJ8GWima+J/bQau/KT+WT9QfwzYKQZql4vbF0VS8LL01abMCwwimWXT65yUXuxHPQjujMRtk7dKgpeO660Wd4ZDVci/9rsHYa45GoyIR+59Mh4OcBWnEMXbDZBmnYqZ",
  dsa: "AAAAB3NzaC1kc3MAAACBALeYzrTFHL+/tTp9PSwlXX0YT8mf0iEhOUayFPEEtW3PXqJ9dvPNdRByhcSdM8nhtndIntotPBPfqF/uRmxRksNojBV42L58gW3sVr4NVW9Xxv9ZhtgXV3oy08EyffQhzG06SM5CTeroH1xU9oJAVi4OELrDvu8tufPAm61awP+fAAAAFQC6dc8+Cp+9BfCYWGoZAYyvHM/l7QAAAIEAptYY6qgtrVbMrarVZw+8Pcy7QDD8tsC87SoV9ruDD5UcyNZ8WW2mGrYh6Dm5pswip3nezyvPQ7yuSvrW4J6LFJ1T9zf7syvcwXt3NkXqOZvB/bw0yUrlJ+WUWfLeIvCCj+8jxFPPtfkhqqI3bMkHvjN+vK6ReFGS9tuZnZ6FU5sAAACAfaRgTWSyZODDTarZ3YMFShwAv7U8Y0Sf1mjBNrYRrAY6gyDovQ8q8ZGb4pkctR/OHw/PCYp2LLjQGT7PUOe+d8Jux3l9Fyy4klKtlZwd0ZVBVy557ptgIp8KdECwUT50C5IF7d4yOITtb/hMyR5Zqg1QF6FaMaQJ4n+r6exkjo4=",
  certificate:
    "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIJmcTt8+AEEyKjn6+X5A2sPXDgk7BginT65b/msmWKUIAAAAIDdEQBTmMoz5M2SmRun8EjqrQVA429qN8Ny3AVr9kiH4AAAAAAAAAAcAAAACAAAABmhvc3QtMQAAABoAAAAJYS5leGFtcGxlAAAACWIuZXhhbXBsZQAAAABrC/QcAAAAAGzr1owAAAAAAAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIA+Qa99BHfW1bxTtDJrxpQHmO1sGtJIGoeAdaONjkg9YAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEDWfTFIHM/s+3pgi38V6VinKmo3NYYn+i/SKYGlfs+asjz7u/2xAbGbeByHhqJaGNIlo4ew802rYPYSSV2UmtUE",
  ecdsaCertificate:
    "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgipDxwSXG+mRyxYAyZRRV5wR+xK9LF2BxYejYJNj8HGkAAAAIbmlzdHAyNTYAAABBBKtCKnYL20fJG7jv53hpL9Wi8r5IaZWG5Ei3ySyjQ07xZuqw6ZTaxgM0v7Y9psTnWejztnq/MHvJpt0DYm1Yht4AAAAAAAAABwAAAAIAAAAGaG9zdC0xAAAAGgAAAAlhLmV4YW1wbGUAAAAJYi5leGFtcGxlAAAAAGsL9BwAAAAAbOvWjAAAAAAAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAgD5Br30Ed9bVvFO0MmvGlAeY7Wwa0kgah4B1o42OSD1gAAABTAAAAC3NzaC1lZDI1NTE5AAAAQA7biCZOTwJq1CNXgeL6NpEweKkzqUyvrKoRebs/8v7KqltMxUD3bJuhzqa8PwK3fAmnuTfnSTGCpKfHREqRyQs=",
};

describe("bits, fingerprint and type are those that ssh-keygen prints", () => {
  for (const [name, base64, line] of [
    ["ssh-ed25519", made.ed25519, "256 SHA256:PXrU5vBpEe5sExYyqs6UMAq96ok2OPl7Nilzi16UOeg root@vm (ED25519)"],
    ["ecdsa-sha2-nistp256", made.ecdsa256, "256 SHA256:VeACUHzvzNWTp+bMNVMiHpR4iXNTmVcrULPfPKDXmHo root@vm (ECDSA)"],
    ["ecdsa-sha2-nistp384", made.ecdsa384, "384 SHA256:NZGV/U1RP2RGunXj3kni1Nnr8SxdK38zess4qNY+3Ik root@vm (ECDSA)"],
    ["ecdsa-sha2-nistp521", made.ecdsa521, "521 SHA256:qvzawkNHIHgf6ZXQTfPSQKEcN2NKWDyWti8EW7kgNWo root@vm (ECDSA)"],
    ["ssh-rsa", made.rsa, "2048 SHA256:5CDoMeN0GB6OrljgRv6ZWf19OsYeNFT5cZ7l4Wn0o+A root@vm (RSA)"],
    ["ssh-dss", made.dsa, "1024 SHA256:XU1jgY9JRADyslaLSMniSz5GQNymsNFhu+MuhM9ydnk root@vm (DSA)"],
  ] as const)
    test(name, () => {
      const key = parseHostKey(blob(base64));
      expect(`${key?.bits} ${key?.fingerprint} root@vm (${key?.type})`).toBe(line);
      expect([key?.name, key?.blob, key?.certificate]).toEqual([name, blob(base64), null]);
      expect(key?.publicKey === null).toBe(name === "ssh-dss");
    });
});

test("a certificate is its key, and what it says of it", () => {
  const key = parseHostKey(blob(made.certificate));
  expect([key?.name, key?.type, key?.blob]).toEqual(["ssh-ed25519", "ED25519", blob(made.ed25519)]);
  expect(key?.fingerprint).toBe(fingerprintOf(blob(made.ed25519)));
  expect(key?.certificate).toEqual({
    id: "host-1",
    principals: ["a.example", "b.example"],
    serial: 7n,
    validAfter: 1795945500n,
    validBefore: 1827395212n,
    authority: "SHA256:Suyhxrqc/yWVg9HUdvIn8hlrWP/Su0F1z1l1pqf2yn0",
  });
  expect(parseHostKey(blob(made.ecdsaCertificate))?.blob).toEqual(blob(made.ecdsa256));
});

test("a user's certificate is none of a host", () => {
  const changed = blob(made.certificate);
  const at = Buffer.from(changed).indexOf("host-1") - 5;
  expect(changed[at]).toBe(2);
  changed[at] = 1;
  expect(parseHostKey(changed)).toBeNull();
});

test("cut short anywhere, or longer, it is none", () => {
  for (const base64 of Object.values(made)) {
    const whole = blob(base64);
    for (let length = 0; length < whole.length; length++) expect(parseHostKey(whole.subarray(0, length))).toBeNull();
    expect(parseHostKey(joinBytes(whole, Uint8Array.of(0)))).toBeNull();
  }
});

test("whatever byte is changed, nothing is thrown", () => {
  for (const base64 of Object.values(made)) {
    const whole = blob(base64);
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      parseHostKey(changed);
    }
  }
});

function rsa(e: Uint8Array, n: Uint8Array): Uint8Array {
  return joinBytes(stringField("ssh-rsa"), mpintField(e), mpintField(n));
}

function ecdsa(curve: string, point: Uint8Array): Uint8Array {
  return joinBytes(stringField("ecdsa-sha2-nistp256"), stringField(curve), stringField(point));
}

test("keys that cannot be real", () => {
  const three = Uint8Array.of(3);
  expect(parseHostKey(rsa(three, new Uint8Array(2049).fill(1)))).toBeNull();
  expect(parseHostKey(rsa(new Uint8Array(0), new Uint8Array(256).fill(1)))).toBeNull();
  expect(parseHostKey(rsa(three, new Uint8Array(0)))).toBeNull();
  // Read, but too dear to be asked of a signature.
  expect(parseHostKey(rsa(new Uint8Array(9).fill(1), new Uint8Array(256).fill(1)))).toMatchObject({ publicKey: null });
  expect(parseHostKey(ecdsa("nistp384", new Uint8Array(65).fill(4)))).toBeNull();
  expect(parseHostKey(ecdsa("nistp256", new Uint8Array(33).fill(2)))).toBeNull();
  expect(parseHostKey(joinBytes(stringField("ssh-ed25519"), stringField(new Uint8Array(31))))).toBeNull();
  expect(parseHostKey(stringField("ssh-ed448"))).toBeNull();
  // No point of the curve: a key to be shown, though nobody can have signed with it.
  expect(parseHostKey(ecdsa("nistp256", new Uint8Array(65).fill(4)))).toMatchObject({ bits: 256, publicKey: null });
});
