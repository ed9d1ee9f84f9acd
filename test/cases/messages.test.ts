/** Every message of a configuration, with its caret, as the golden cases have it; HAProxy's own words where it is installed. */
import { setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { describeMessages } from "./oracle.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

describeMessages("messages", join(import.meta.dirname, "messages"), 60);
