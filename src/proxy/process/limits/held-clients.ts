/** Descriptors for clients that are no sessions any more: those who read why they are refused, and those who are kept busy. */
import type { Plan } from "../../../plan/plan.ts";
import type { Rule } from "../../../plan/rules/rule.ts";
import type { SshHolds } from "../ssh-place.ts";

/** What may be held; `reserved` descriptors of it come before sessions. */
export interface HeldClients {
  readonly holds: SshHolds;
  readonly reserved: number;
}

/**
 * As many as `global` allows, of proxies that ask for it, one descriptor each. Where `maxconn` fits, they have what it leaves over, so that
 * it need not be lowered for them; otherwise a tenth of all descriptors at most. `limit` null: not known.
 *
 * `allowed`: sessions that could be had were nobody held.
 */
export function heldClients(plan: Plan, limit: number | null, allowed: number): HeldClients {
  const { maxconn, ssh } = plan.global;
  const wanted: SshHolds = { lingering: refuses(plan) ? ssh.lingering : 0, tarpit: tarpits(plan) ? ssh.tarpit : 0 };
  if (limit === null) return { holds: wanted, reserved: 0 };
  if (maxconn !== null && maxconn <= allowed) return { holds: within(2 * (allowed - maxconn), wanted), reserved: 0 };
  const holds = within(Math.floor(limit / 10), wanted);
  return { holds, reserved: countOf(holds) };
}

/** So many descriptors they take together. */
export function countOf({ lingering, tarpit }: SshHolds): number {
  return lingering + tarpit;
}

/** Both lowered alike, where `most` are not enough. */
function within(most: number, wanted: SshHolds): SshHolds {
  const all = countOf(wanted);
  if (all <= most) return wanted;
  const lingering = Math.ceil((most * wanted.lingering) / all);
  return { lingering, tarpit: most - lingering };
}

function refuses({ frontends, backends }: Plan): boolean {
  return [...frontends, ...backends].some(({ ssh }) => ssh.isRead);
}

function tarpits({ frontends, backends }: Plan): boolean {
  return (
    frontends.some(
      ({ connectionRules, contentRules, ssh }) =>
        ssh.penalties?.action === "tarpit" || [...connectionRules, ...contentRules].some(isTarpit),
    ) || backends.some(({ contentRules }) => contentRules.some(isTarpit))
  );
}

function isTarpit({ action }: Rule): boolean {
  return action.kind === "ssh-tarpit";
}
