/** The thread that reckons passwords, as an entry of its own in the binary. */
import { tellPasswords } from "./password-port.ts";

tellPasswords();
