/** The same of `mode http`: every word of it, in sections of either mode. */
import { setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { describeMessages } from "./oracle.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

describeMessages("messages of HTTP", join(import.meta.dirname, "http"), 100);
