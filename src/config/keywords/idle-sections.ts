/** Keywords of `peers` and `mailers` sections: read and checked, without effect. */
import { Complaint, prefixed } from "../text/complaint.ts";
import type { PeersDraft } from "../draft/draft.ts";
import { parseAddress } from "../addresses/address.ts";
import { type Line, rowsOf, type Row } from "../row/row.ts";

const peers = rowsOf<PeersDraft>("peers");
const mailers = rowsOf<MailersDraft>("mailers");

/** A `mailers` section while it is read. */
export interface MailersDraft {
  readonly name: string;
  count: number;
}

const noPeers = "tables are not exchanged with peers";

function checkPeerAddress(line: Line): void {
  const address = line.words[1];
  if (address === undefined) return;
  const rule = { port: "optional", range: false, offset: false, descriptor: false, datagram: false } as const;
  prefixed(`'${line.keyword.text} peers/${line.words[0]?.text}' : `, () =>
    parseAddress(address, rule, line.draft.context.environment),
  );
}

/** Rows of `peers` sections; they note names and tables. */
export const peersRows: readonly Row<PeersDraft>[] = [
  ...["peer", "server"].map((name) =>
    peers.idle(name, {
      usage: "<name> [<address>:<port>] [<option> …]",
      tier: "C",
      help: "A process that shares tables.",
      reason: noPeers,
      check(section, line) {
        if (line.words[0] !== undefined) section.names.add(line.words[0].text);
        checkPeerAddress(line);
      },
    }),
  ),
  ...["bind", "default-bind", "default-server", "log", "shards"].map((name) =>
    peers.idle(name, { usage: "…", tier: "C", help: "How peers are reached.", reason: noPeers }),
  ),
  peers.idle("disabled", {
    tier: "C",
    help: "The section is checked but does not run.",
    reason: noPeers,
    check: (section) => void (section.disabled = true),
  }),
  peers.idle("enabled", {
    tier: "C",
    help: "Undoes `disabled`.",
    reason: noPeers,
    check: (section) => void (section.disabled = false),
  }),
  peers.refused("table", {
    usage: "<name> type <type> size <size> …",
    tier: "C",
    help: "A table by itself, named PEERS/NAME by rules.",
    reason: noPeers,
    advice: "declare it with 'stick-table' in a backend of its own",
  }),
];

/** Rows of `mailers` sections; they count mailers. */
export const mailersRows: readonly Row<MailersDraft>[] = [
  mailers.idle("mailer", {
    usage: "<name> <address>:<port>",
    tier: "C",
    help: "A mail server.",
    reason: "nothing sends mail",
    check(section, line) {
      if (line.words[1] === undefined) {
        throw new Complaint("'mailer' expects <name> and <addr>[:<port>] as arguments.", line.keyword);
      }
      section.count += 1;
    },
  }),
  mailers.idle("timeout", {
    usage: "mail <time>",
    tier: "C",
    help: "Longest time to send a mail.",
    reason: "nothing sends mail",
    check(_section, line) {
      const [which, value] = line.words;
      if (which === undefined) {
        throw new Complaint("'timeout' expects 'mail' and <time> as arguments.", line.keyword);
      }
      if (which.text !== "mail") {
        throw new Complaint(`'timeout' expects 'mail' and <time> as arguments got '${which.text}'.`, which);
      }
      if (value === undefined) throw new Complaint("'timeout mail' expects <time> as argument.", which);
    },
  }),
];
