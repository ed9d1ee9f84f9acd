/** Whatever throws inside a session of `mode http` ends that session, and nothing of what it took is left behind. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { bunTransport } from "../../../src/net/bun/bun-transport.ts";
import { transport } from "../../transport.ts";
import { Stage, stories } from "./fault-stories.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const transports = [...new Set([transport, bunTransport])];

for (const [sockets, story] of transports.flatMap((one) => stories.map((story) => [one, story] as const))) {
  test(`thrown at any point over ${sockets.name}: ${story.name}`, async () => {
    await using stage = await Stage.set(story, sockets);
    const { scene } = stage;
    const { trap } = scene;
    const playAt = (at: number): Promise<void> => {
      return stage.play(
        () => trap.set(at),
        () => {
          trap.at = 0;
          return `call ${at}, ${trap.caught ?? "nothing thrown"}`;
        },
      );
    };
    await playAt(Infinity);
    const clean = trap.calls;
    expect(stage.letters()).toEqual([...story.ends]);
    const wrong = new Set<string>();
    for (let at = 1; at <= clean; at++) {
      const [records, faults] = [scene.records.length, scene.proxy.state.faults.count];
      await playAt(at);
      const told = stage.letters(records);
      const noted = scene.proxy.state.faults.count - faults;
      const isHeard = trap.caught?.startsWith("event ") === true;
      const isRight = told.every((letters, index) => letters === story.ends[index] || (!isHeard && letters[0] === "I"));
      // Bytes that come at once are fewer calls.
      if (trap.caught === null) continue;
      if (noted !== 1 || !isRight) wrong.add(`${at} ${trap.caught}: ${noted} ${told.join(" ")}`);
    }
    expect([...wrong]).toEqual([]);
    await playAt(Infinity);
    expect(stage.letters(-story.ends.length)).toEqual([...story.ends]);
  });
}
