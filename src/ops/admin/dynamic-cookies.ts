/** `enable|disable dynamic-cookie`, `set dynamic-cookie-key`: how servers without a `cookie` come to one. */
import { type Answer, err, told } from "./answer.ts";
import type { AdminCommand } from "./command.ts";

const noBackend = "A backend name is expected.\n";

export const dynamicCookieCommands: readonly AdminCommand[] = [
  {
    words: ["enable", "dynamic-cookie", "backend"],
    usage: "enable dynamic-cookie backend <bk>",
    help: "enable dynamic cookies on a specific backend",
    level: "admin",
    run: ([name], { info }): Answer =>
      name === undefined ? err(noBackend) : told(info.proxy.setDynamicCookies(name, true)),
  },
  {
    words: ["disable", "dynamic-cookie", "backend"],
    usage: "disable dynamic-cookie backend <bk>",
    help: "disable dynamic cookies on a specific backend",
    level: "admin",
    run: ([name], { info }): Answer =>
      name === undefined ? err(noBackend) : told(info.proxy.setDynamicCookies(name, false)),
  },
  {
    words: ["set", "dynamic-cookie-key", "backend"],
    usage: "set dynamic-cookie-key backend <bk> <k>",
    help: "change a backend secret key for dynamic cookies",
    level: "admin",
    run([name, key], { info }): Answer {
      if (name === undefined) return err(noBackend);
      if (info.proxy.backend(name) === null) return err("No such backend.\n");
      return key === undefined ? err("String value expected.\n") : told(info.proxy.setDynamicCookieKey(name, key));
    },
  },
];
