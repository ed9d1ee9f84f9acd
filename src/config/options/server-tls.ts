/** Options of `server` lines that are about TLS: refused where they would encrypt, idle where they mean nothing alone. */
import { wordList } from "../row/value.ts";
import { Complaint } from "../text/complaint.ts";
import { type OptionRow, optionsOf } from "../row/line-options.ts";
import type { ServerLine } from "./server-rows.ts";

const { idle, refused } = optionsOf<ServerLine>("server");

const flags = wordList(`
    allow-0rtt force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 no-check-ssl no-ssl
    no-ssl-reuse no-sslv3 no-tls-tickets no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 ssl-reuse
    tls-tickets
  `);

const values = wordList(`
    alpn check-alpn check-sni ciphers ciphersuites client-sigalgs curves ecdhe npn sigalgs sni
    ssl-max-ver ssl-min-ver verifyhost ech
  `);

const alone = "it means something only beside `ssl`";

/** Rows about TLS. */
export const serverTlsRows: readonly OptionRow<ServerLine>[] = [
  ...["ssl", "check-ssl", "ca-file", "crl-file", "crt"].map((name) =>
    refused(name, {
      help: "TLS towards the server.",
      reason: "TLS is not spoken here: bytes are passed through as they are",
      advice: "let client and server speak TLS with each other",
    }),
  ),
  ...flags.map((name) => idle(name, { help: "A detail of TLS.", takes: 0, reason: alone })),
  ...values.map((name) => idle(name, { usage: "<value>", help: "A detail of TLS.", takes: 1, reason: alone })),
  idle("verify", {
    usage: "none|required",
    help: "Whether the server's certificate is verified.",
    takes: 1,
    reason: alone,
    check(_target, line) {
      const word = line.rest[0]?.text ?? "";
      if (word === "") throw new Complaint("'verify' : missing verify method", line.keyword);
      if (word !== "none" && word !== "required") {
        throw new Complaint(
          `'verify' : unknown verify method '${word}', only 'none' and 'required' are supported`,
          line.rest[0] ?? null,
        );
      }
    },
  }),
];
