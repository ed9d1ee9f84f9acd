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
  const { maxconn } = plan.global;
  const wanted = wantedBy(plan);
  if (limit === null) return { holds: wanted, reserved: 0 };
  if (maxconn !== null && maxconn <= allowed) return { holds: within(2 * (allowed - maxconn), wanted), reserved: 0 };
  const holds = within(Math.floor(limit / 10), wanted);
  return { holds, reserved: countOf(holds) };
}

function wantedBy(plan: Plan): SshHolds {
  const { lingering, tarpit } = plan.global.ssh;
  return { lingering: refuses(plan) ? lingering : 0, tarpit: tarpits(plan) ? tarpit : 0 };
}

/** What does not work at all for want of descriptors, and what to do about it; null: there are some for each. */
export function lackOfDescriptors(plan: Plan, { lingering, tarpit }: SshHolds): string | null {
  const wanted = wantedBy(plan);
  const lacks = [
    wanted.lingering > 0 && lingering === 0 ? "clients of SSH cannot read why they are refused" : "",
    wanted.tarpit > 0 && tarpit === 0 ? "'ssh-tarpit' holds nobody" : "",
  ].filter((one) => one !== "");
  if (lacks.length === 0) return null;
  return `maxconn leaves no descriptors over, so ${lacks.join(", and ")}: lower maxconn (one session less is room for two of them), or allow more descriptors (ulimit -n).`;
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
