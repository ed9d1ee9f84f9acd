/** Options of `server` lines about SSH, which HAProxy does not know. */
import { readFingerprint } from "../row/fingerprint.ts";
import { type OptionRow, optionsOf } from "../row/line-options.ts";
import { maybeText } from "../row/value.ts";
import type { ServerLine } from "./server-rows.ts";

const { works } = optionsOf<ServerLine>("server");

/** The rows of this file. */
export const serverSshRows: readonly OptionRow<ServerLine>[] = [
  works("ssh-hostkey", {
    usage: "<fingerprint>",
    isExtension: true,
    help: "A host key that the server must have one of, as SHA256:…; may stand several times.",
    takes: [maybeText()],
    land({ settings }, _values, { statement, keyword, rest }) {
      const pin = readFingerprint(rest[0], keyword);
      // What another line has said does not count beside this one's.
      const known = settings.hostKeyPins?.statement === statement ? settings.hostKeyPins.fingerprints : [];
      settings.hostKeyPins = { statement, fingerprints: [...known, pin] };
    },
  }),
];
