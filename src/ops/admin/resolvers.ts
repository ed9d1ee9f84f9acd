/** `show resolvers`: what name servers were asked and said, in HAProxy's form. */
import type { NameserverStats, ResolversStats } from "../../proxy/public.ts";
import { err } from "./answer.ts";
import type { AdminCommand } from "./command.ts";
import type { Rows } from "../answers/slices.ts";

/** HAProxy's names, in its order. */
const rows: readonly (readonly [string, Exclude<keyof NameserverStats, "name">])[] = [
  ["sent", "sent"],
  ["snd_error", "sendErrors"],
  ["valid", "valid"],
  ["update", "updates"],
  ["cname", "aliases"],
  ["cname_error", "aliasErrors"],
  ["any_err", "emptyAnswers"],
  ["nx", "unknownNames"],
  ["timeout", "timeouts"],
  ["refused", "refused"],
  ["other", "others"],
  ["invalid", "invalid"],
  ["too_big", "tooBig"],
  ["truncated", "truncated"],
  ["outdated", "outdated"],
];

/** Commands on `resolvers` sections. */
export const resolversCommands: readonly AdminCommand[] = [
  {
    words: ["show", "resolvers"],
    usage: "show resolvers [id]",
    help: "dumps counters from all resolvers section and associated name servers",
    level: "user",
    run([name], { info }) {
      const all = info.proxy.resolvers();
      if (name === undefined) return sectionRows(all);
      for (const one of all) if (one.name === name) return sectionRows([one]);
      return err("Can't find that resolvers section\n");
    },
  },
];

function* sectionRows(sections: Iterable<ResolversStats>): Rows {
  for (const { name, nameservers } of sections) {
    yield `Resolvers section ${name}\n`;
    for (const one of nameservers) {
      const lines = rows.map(([label, field]) => `  ${`${label}:`.padEnd(12)} ${one[field]}\n`);
      yield ` nameserver ${one.name}:\n${lines.join("")}`;
    }
  }
}
