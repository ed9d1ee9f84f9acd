/** The transport that the binary would use on this machine. */
import { bunTransport } from "../src/net/bun/bun-transport.ts";
import { openEpollTransport } from "../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../src/net/libc/process-calls.ts";

export const transport = process.platform === "linux" && canCallLibc() ? await openEpollTransport() : bunTransport;
