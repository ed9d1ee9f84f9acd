/** The loading thread, as an entry of its own in the binary. */
import { tellLoad } from "./load-port.ts";

tellLoad();
