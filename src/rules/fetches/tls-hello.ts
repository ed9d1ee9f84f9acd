/** Fetches of what a TLS client offers, as far as `tune.ssl.capture-buffer-size` has it kept (manual, section 7.3.4). */
import { cipherSuiteName } from "../../wire/tls/cipher-suites.ts";
import { type OfferedLists, withoutGrease } from "../../wire/tls/client-hello.ts";
import { bytesOf } from "../../wire/latin1.ts";
import { numberArgument } from "../samples/arguments.ts";
import { fetch, type FetchCompiler, type FetchRow } from "../samples/rows.ts";
import { offeredLists } from "../tls-view.ts";
import { xxh64 } from "../value/hash.ts";
import { bin, type Sample, sint, str } from "../value/sample.ts";
import { clientTls } from "./tls.ts";

function offered(read: (lists: OfferedLists) => Sample): FetchCompiler {
  return () => (context) => {
    const facts = clientTls(context);
    const lists = facts === null ? null : offeredLists(facts, context.tlsOfferBytes ?? 0);
    return lists === null ? undefined : read(lists);
  };
}

/** A list, from which the argument takes what tolerance is tried with. */
function list(read: (lists: OfferedLists) => Uint8Array, show: (bytes: Uint8Array) => Sample = bin): FetchCompiler {
  return (args, within) => {
    const isFiltered = numberArgument(args, 0) !== 0;
    return offered((lists) => show(isFiltered ? withoutGrease(read(lists)) : read(lists)))(args, within);
  };
}

function hexText(bytes: Uint8Array): Sample {
  return bin(bytesOf(Buffer.from(bytes).toString("hex").toUpperCase()));
}

/** OpenSSL's names; a number without one stands there as it is. */
function names(bytes: Uint8Array): Sample {
  const texts: string[] = [];
  for (let at = 0; at + 2 <= bytes.length; at += 2) {
    const number = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    texts.push(cipherSuiteName(number) ?? `UNKNOWN(${number.toString(16).padStart(4, "0")})`);
  }
  return str(texts.join(","));
}

function ciphers(lists: OfferedLists): Uint8Array {
  return lists.ciphers;
}

/** The fetches of this file, with the types that HAProxy says they have. */
export const tlsHelloFetches: readonly FetchRow[] = [
  fetch("ssl_fc_cipherlist_bin([integer]): str", "client-side connection", list(ciphers)),
  fetch("ssl_fc_cipherlist_hex([integer]): bin", "client-side connection", list(ciphers, hexText)),
  fetch("ssl_fc_cipherlist_str([integer]): str", "client-side connection", list(ciphers, names)),
  fetch(
    "ssl_fc_cipherlist_xxh: sint",
    "client-side connection",
    offered((lists) => sint(xxh64(lists.allCiphers))),
  ),
  fetch(
    "ssl_fc_ecformats_bin: str",
    "client-side connection",
    offered((lists) => bin(lists.pointFormats)),
  ),
  fetch(
    "ssl_fc_eclist_bin([integer]): str",
    "client-side connection",
    list((lists) => lists.groups),
  ),
  fetch(
    "ssl_fc_extlist_bin([integer]): str",
    "client-side connection",
    list((lists) => lists.extensions),
  ),
  fetch(
    "ssl_fc_protocol_hello_id: sint",
    "client-side connection",
    offered((lists) => sint(lists.version)),
  ),
];
