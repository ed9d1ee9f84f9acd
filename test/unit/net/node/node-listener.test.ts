/** What a runtime's node:net cannot do is refused before anything is bound. */
import { expect, test } from "bun:test";
import { nodeListen } from "../../../../src/net/node/node-listener.ts";
import type { ListenOptions } from "../../../../src/net/transport.ts";
import { listenDefaults } from "../../../contract/stage.ts";

const unable = { reusePort: false, v6only: false, abstractNames: false };
const address = { kind: "tcp", host: "::1", port: 0 } as const;

async function refusal(options: Partial<ListenOptions>): Promise<string> {
  const listening = nodeListen(unable, { ...listenDefaults, address, ...options }, () => {});
  return listening.then(
    (listener) => {
      listener.close();
      return "it listens";
    },
    ({ code, message }) => `${code} ${message}`,
  );
}

test.each([
  [{ v6only: true }, "ENOPROTOOPT v6only cannot be had from this runtime"],
  [{ address: { kind: "abstract", name: "x" } }, "EINVAL abstract sockets exist on Linux only"],
  [{ mss: 500 }, "ENOPROTOOPT mss would need libc's sockets, which do not serve here"],
] as const)("%j: %s", async (options, expected) => expect(await refusal(options)).toBe(expected));
