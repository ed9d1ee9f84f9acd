/** Whether all of `mode http` is taken: it can be read whole before all of it runs. */

/** Only where FAIRLEAD_HTTP says so. */
export function servesHttp(): boolean {
  return process.env["FAIRLEAD_HTTP"] === "1";
}
