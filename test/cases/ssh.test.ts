/** What is said of words about SSH, which HAProxy does not know. */
import { setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { describeOwnMessages } from "./oracle.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

describeOwnMessages("ssh", join(import.meta.dirname, "ssh"), 10);
