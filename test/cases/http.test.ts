/** The same of `mode http`: every word of it, in sections of either mode. */
import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { describeMessages } from "./oracle.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const before = process.env["FAIRLEAD_HTTP"];
beforeAll(() => void (process.env["FAIRLEAD_HTTP"] = "1"));
afterAll(() => {
  if (before === undefined) delete process.env["FAIRLEAD_HTTP"];
  else process.env["FAIRLEAD_HTTP"] = before;
});

describeMessages("messages of HTTP", join(import.meta.dirname, "http"), 100);
