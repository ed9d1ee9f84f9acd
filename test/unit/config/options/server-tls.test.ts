/** Options of `server` lines about TLS: refused where they would encrypt, noted as idle where they mean nothing alone. */
import { expect, test } from "bun:test";
import { planOf, saidOf } from "../reading.ts";

const back = (options: string): string => `backend b\n server s 127.0.0.1:6 ${options}\n`;

test.each(["ssl", "check-ssl", "ca-file /x", "crl-file /x", "crt /x"])("%s", (options) => {
  const [word] = options.split(" ");
  expect(saidOf(back(options)).join("\n")).toContain(`'server b/s' : '${word}' is not supported`);
});

test("details are passed over with their values", () => {
  const options = "no-ssl-reuse sni req.ssl_sni verify none alpn h2 weight 7";
  const { backends, global } = planOf(back(options));
  expect(backends[0]?.servers[0]).toMatchObject({ weight: 7 });
  expect(global.withoutEffect.map(({ keyword }) => keyword)).toEqual(["no-ssl-reuse", "sni", "verify", "alpn"]);
});

test.each([
  ["verify", "'verify' : missing verify method"],
  ["verify maybe", "'verify' : unknown verify method 'maybe', only 'none' and 'required' are supported"],
])("%s", (options, message) => expect(saidOf(back(options)).join("\n")).toContain(message));
