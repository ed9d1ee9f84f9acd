/** What knows SSH: it fills the places that the proxy has for that. */
import type { SshPlace, SshReading, SshRefusal, SshSession } from "../proxy/process/ssh-place.ts";
import { isKnownSoftware } from "./inventory/families.ts";
import { Inventory, type SessionPlaces } from "./inventory/inventory.ts";
import { Reading } from "./reading.ts";

/** One per process. */
export class Ssh implements SshPlace {
  readonly inventory = new Inventory(() => Date.now(), isKnownSoftware);

  read(session: SshSession): SshReading {
    return new Reading((facts) => this.inventory.note(facts, placesOf(session)));
  }

  refuse(_session: SshSession, _refusal: SshRefusal): boolean {
    return false;
  }

  tarpit(_session: SshSession): boolean {
    return false;
  }
}

function placesOf(session: SshSession): SessionPlaces {
  const { frontend, backend, server } = session.recordSoFar();
  return { frontend, server: server === null ? null : `${backend}/${server}` };
}
