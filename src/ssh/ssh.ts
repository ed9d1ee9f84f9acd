/** What knows SSH: it fills the places that the proxy has for that. */
import type { SshHolds, SshPlace, SshReading, SshRefusal, SshSession, SshStartup } from "../proxy/process/ssh-place.ts";
import type { SshFacts } from "../ssh-facts.ts";
import { sshLinesMostBytes } from "../wire/ssh/identification.ts";
import { Figures } from "./figures.ts";
import { familyOf } from "./inventory/families.ts";
import { HostKeys } from "./hostkeys/host-keys.ts";
import { Inventory, type SessionPlaces } from "./inventory/inventory.ts";
import { Penalties } from "./penalties/penalties.ts";
import type { SshFigures } from "./public.ts";
import { Reading } from "./reading.ts";
import { hasForeignStart, Refusals } from "./refusals.ts";
import { StartupWatch } from "./startups/startup-watch.ts";
import { Tarpit } from "./tarpit.ts";

/** One per process. */
export class Ssh implements SshPlace {
  readonly inventory = new Inventory(() => Date.now(), familyOf);
  readonly counts = new Figures();
  readonly hostKeys: HostKeys;
  readonly penalties = new Penalties();
  readonly #refusals = new Refusals();
  readonly #tarpit = new Tarpit();

  /** `software`: ours, as identification lines have it. */
  constructor(software = "fairlead") {
    this.hostKeys = new HostKeys(software);
  }

  read(session: SshSession): SshReading {
    return new Reading(
      (facts) => this.#note(facts, session),
      (side) => this.#heardForeign(session, side),
      (facts) => session.serverTold?.(facts),
    );
  }

  readHeld(session: SshSession): SshReading {
    const reading = new Reading((facts) => this.#note(facts, session));
    const { client } = session;
    reading.fromClient(client.present?.(sshLinesMostBytes) ?? client.held);
    return reading;
  }

  #note(facts: SshFacts, session: SshSession): void {
    const places = placesOf(session);
    this.inventory.note(facts, places);
    this.counts.note(facts, places.frontend);
  }

  watchStartup({ facts }: SshReading, graceMs: number, over: () => void): SshStartup {
    return new StartupWatch(facts, graceMs, over);
  }

  /** Called while the bytes that told so are on their way: where only SSH is let through they do not arrive. */
  #heardForeign(session: SshSession, side: "client" | "server"): void {
    this.counts.foreign[side] += 1;
    if (side === "client") this.penalties.heardForeign(session);
    const isRequired = session.front.plan.ssh.isRequired || session.at?.plan.ssh.isRequired === true;
    if (isRequired) session.turnAway?.("P", side === "client" ? "R" : "D");
  }

  isForeign(session: SshSession): boolean {
    const isForeign = hasForeignStart(session);
    if (!isForeign) return false;
    this.counts.foreign.client += 1;
    this.penalties.heardForeign(session);
    return true;
  }

  meet(session: SshSession, isBearer: boolean): ReturnType<SshPlace["meet"]> {
    return this.penalties.meet(session, isBearer);
  }

  misheaded(session: SshSession): void {
    this.penalties.misheaded(session);
  }

  penaltyMs(session: SshSession): number | null {
    return this.penalties.leftMs(session);
  }

  renew(frontends: Parameters<SshPlace["renew"]>[0]): void {
    this.penalties.renew(frontends);
  }

  refuse(session: SshSession, refusal: SshRefusal): boolean {
    return this.#refusals.refuse(session, refusal);
  }

  tarpit({ client, front }: SshSession): boolean {
    return this.#tarpit.take(client, front.plan.ssh.tarpitMs);
  }

  allow({ lingering, tarpit }: SshHolds): void {
    this.#refusals.most = lingering;
    this.#tarpit.most = tarpit;
  }

  get lingering(): number {
    return this.#refusals.lingering;
  }

  get onLingered(): (() => void) | null {
    return this.#refusals.onLingered;
  }

  set onLingered(listener: (() => void) | null) {
    this.#refusals.onLingered = listener;
  }

  retire(): void {
    this.hostKeys.stop();
    this.penalties.retire();
    this.#tarpit.retire();
  }

  cutOff(): void {
    this.hostKeys.stop();
    this.#tarpit.retire();
    this.#refusals.cutOff();
  }

  /** As they stand now. */
  get figures(): SshFigures {
    const [refusals, tarpit] = [this.#refusals, this.#tarpit];
    return {
      refusals: { ...refusals.counts },
      untold: refusals.untold,
      lingering: refusals.lingering,
      lingeringMax: refusals.most,
      tarpit: tarpit.size,
      tarpitMax: tarpit.most,
      tarpitTotal: tarpit.total,
    };
  }
}

function placesOf({ front, at, server }: SshSession): SessionPlaces {
  return {
    frontend: front.plan.name,
    server: at === null || server === null ? null : `${at.plan.name}/${server}`,
  };
}
