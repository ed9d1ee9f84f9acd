/** Who follows the names of running servers. */
import { isServiceName } from "../wire/dns.ts";
import { follow } from "./backend/server-name.ts";
import { libcResolver } from "./names/libc-resolver.ts";
import type { Running } from "./running.ts";
import type { Server } from "./backend/server.ts";

/** Follows a server's name anew, as the plan that runs says; whoever followed it before is stopped afterwards. */
export function followName(running: Running, server: Server): void {
  const former = server.follower;
  const { address, resolvers } = server.plan;
  const isService = address.kind === "tcp" && isServiceName(address.host);
  const host = isService ? address.host : server.hostName;
  server.followBy(null);
  if (host !== null && address.kind === "tcp" && !server.backend.plan.disabled) {
    const by = (resolvers === null ? null : running.resolvers.get(resolvers)) ?? libcResolver;
    const follower = by.follow({
      host,
      family: address.family,
      get plan() {
        return server.plan;
      },
      answer(answers, name, trouble) {
        try {
          return follow(server, answers, name, trouble);
        } catch (error) {
          // Others follow the same name, and it is asked for again.
          server.backend.process.faults.note(error, "while an answer about a name was taken");
          return false;
        }
      },
    });
    server.followBy(follower);
  }
  former?.stop();
}
