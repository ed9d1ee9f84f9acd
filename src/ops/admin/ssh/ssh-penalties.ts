/** `show ssh penalties` and `clear ssh penalties`: sources that are kept out, or are on the way to it, which HAProxy does not know. */
import type { PublicSshPenalties, SshPenaltyView } from "../../../ssh/public.ts";
import type { Rows } from "../../answers/slices.ts";
import { err, type Message, notice } from "../answer.ts";
import type { AdminCommand } from "../command.ts";

/** Both of them. */
export const sshPenaltyCommands: readonly AdminCommand[] = [
  {
    words: ["show", "ssh", "penalties"],
    usage: "show ssh penalties [json]",
    help: "list sources with a penalty, for how long, for what, and sessions refused",
    level: "operator",
    run([form, ...rest], { info: { sshPenalties } }) {
      if (rest.length > 0 || (form !== undefined && form !== "json")) return err("Expects nothing, or 'json'.\n");
      if (sshPenalties === undefined) return err(nobody);
      return form === "json" ? jsonRows(sshPenalties) : textRows(sshPenalties);
    },
  },
  {
    words: ["clear", "ssh", "penalties"],
    usage: "clear ssh penalties [<address>|<network>]",
    help: "forgive all sources their penalties, or those in a network",
    level: "admin",
    run([network, ...rest], { info: { sshPenalties } }) {
      if (rest.length > 0) return err("Expects an address or a network, or nothing.\n");
      if (sshPenalties === undefined) return err(nobody);
      const cleared = sshPenalties.clear(network ?? null);
      return cleared === null ? err(`'${network}' is not a valid IPv4 or IPv6 address.\n`) : clearedRows(cleared);
    },
  },
];

const nobody = "SSH is not looked at here.\n";

function* textRows(penalties: PublicSshPenalties): Rows {
  yield "# frontend source seconds enforced noauth invalid proxy refused\n";
  for (const one of penalties.all()) yield one === null ? "" : `${line(one)}\n`;
}

function line({ frontend, source, leftMs, isEnforced, faults, refused }: SshPenaltyView): string {
  const counts = [faults.noauth, faults.invalid, faults.proxy, refused].join(" ");
  return `${frontend} ${source} ${(leftMs / 1000).toFixed(1)} ${isEnforced ? "yes" : "no"} ${counts}`;
}

function* jsonRows(penalties: PublicSshPenalties): Rows {
  let isFirst = true;
  yield "[";
  for (const one of penalties.all()) {
    if (one === null) {
      yield "";
      continue;
    }
    const { frontend, source, leftMs, isEnforced: enforced, faults, refused } = one;
    yield `${isFirst ? "" : ","}\n${JSON.stringify({ frontend, source, leftMs, enforced, faults, refused })}`;
    isFirst = false;
  }
  yield "]\n";
}

function* clearedRows(cleared: Iterable<boolean>): Iterable<string | Message> {
  let count = 0;
  for (const isOne of cleared) {
    if (isOne) count += 1;
    yield "";
  }
  if (count === 0) yield notice("No source there has a penalty.\n");
}
