/** The transport that the binary would use on this machine. */
import { bunTransport } from "../src/net/bun.ts";
import { openEpollTransport } from "../src/net/epoll.ts";
import { canCallLibc } from "../src/net/libc.ts";

export const transport = process.platform === "linux" && canCallLibc() ? await openEpollTransport() : bunTransport;
