/** A worker that somebody has taken over: what it does stands in FAKE_WORKER. Started by the master under test. */
import { openEpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { loadMessageCalls } from "../../../../src/net/libc/descriptor-messages.ts";
import { socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { Channel } from "../../../../src/service/master/channel.ts";
import { protocolVersion } from "../../../../src/service/master/master-protocol.ts";
import { takeWorkerStart } from "../../../../src/service/master/worker-start.ts";

const fd = takeWorkerStart(process.env) ?? -1;
const calls = socketCalls();
if (calls === null) throw new Error("no libc");
const answers = new Map<number, (answer: unknown) => void>();
const channel = new Channel({ calls, messages: loadMessageCalls(), loop: await openEpollLoop() }, fd, {
  heard(message, fds) {
    const { kind, ask, ...rest } = message as { kind: string; ask: number };
    if (kind === "answer") answers.get(ask)?.({ ...rest, fds: fds.length });
  },
  ended: () => process.exit(0),
});

const [what = "", ...asked] = JSON.parse(process.env["FAKE_WORKER"] ?? "[]") as [string, ...object[]];
if (what === "dies unheard") process.exit(7);
await channel.send({ kind: "hello", version: what === "is of another version" ? 99 : protocolVersion });
if (what === "asks") {
  for (const [ask, message] of asked.entries()) {
    const answer = new Promise((resolve) => answers.set(ask, resolve));
    await channel.send({ ...message, ask });
    await channel.send({ kind: "say", text: JSON.stringify(await answer) });
  }
  await channel.send({ kind: "serving" });
}
if (what === "says") for (const message of asked) await channel.send(message);
if (what === "serves and dies") {
  await channel.send({ kind: "serving" });
  process.exit(9);
}
