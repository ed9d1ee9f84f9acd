import { expect, test } from "bun:test";
import { topJson } from "../../../../src/cli/top/json.ts";
import { scene, seen } from "./said.ts";

test("one object: the process, frontends, backends with their servers", () => {
  const text = topJson(seen(scene(), 0));
  expect(text).toEndWith("}\n");
  const document = JSON.parse(text);
  expect(document).toMatchObject({
    document: "fairlead top",
    version: 1,
    at: "1970-01-01T00:00:00.000Z",
    process: {
      node: "lb: one",
      pid: 7,
      connections: 12,
      maxconn: 100,
      connectionRate: 3,
      idlePercent: 98,
      sessionRate: 0,
    },
  });
  expect(document.frontends.map(({ name }: { name: string }) => name)).toEqual(["web", "ssh"]);
  const [git, app] = document.backends;
  expect([git.name, git.limit, git.queue, app.limit, app.servers]).toEqual(["git", 5, 3, null, []]);
  expect(git.servers[1]).toEqual({
    name: "two",
    status: "DOWN",
    sessions: 6,
    limit: null,
    highest: 0,
    queue: 0,
    sessionRate: 0,
    totalSessions: 0,
    bytesIn: 9,
    bytesOut: 9,
    secondsInStatus: 61,
    weight: 5,
    check: "L4CON",
  });
});
