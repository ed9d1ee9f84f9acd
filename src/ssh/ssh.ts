/** What knows SSH: it fills the places that the proxy has for that. */
import { clockMs } from "../clock.ts";
import type { SshFacts } from "../ssh-facts.ts";
import type { SshPlace, SshReading, SshRefusal, SshSession } from "../proxy/process/ssh-place.ts";
import { SshReader } from "../wire/ssh/reader.ts";

/** One per process. */
export class Ssh implements SshPlace {
  read(session: SshSession): SshReading {
    return new Reading(session);
  }

  refuse(_session: SshSession, _refusal: SshRefusal): boolean {
    return false;
  }

  tarpit(_session: SshSession): boolean {
    return false;
  }
}

/** A session's first bytes as they pass. */
class Reading implements SshReading {
  readonly #reader = new SshReader(clockMs());

  constructor(readonly session: SshSession) {}

  get facts(): SshFacts {
    return this.#reader;
  }

  fromClient(bytes: Uint8Array): boolean {
    return this.#reader.take("client", bytes, clockMs());
  }

  fromServer(bytes: Uint8Array): boolean {
    return this.#reader.take("server", bytes, clockMs());
  }

  ended(): void {}
}
