/** What knows SSH: it fills the places that the proxy has for that. */
import type { SshPlace, SshReading, SshRefusal, SshSession } from "../proxy/process/ssh-place.ts";
import { Reading } from "./reading.ts";

/** One per process. */
export class Ssh implements SshPlace {
  read(_session: SshSession): SshReading {
    return new Reading(() => {});
  }

  refuse(_session: SshSession, _refusal: SshRefusal): boolean {
    return false;
  }

  tarpit(_session: SshSession): boolean {
    return false;
  }
}
