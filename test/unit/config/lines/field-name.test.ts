/** Fields that lines add: none that tell where a message ends. */
import { expect, test } from "bun:test";
import { planOf, saidOf } from "../reading.ts";

const listen = (line: string): string => `listen l\n mode http\n bind :8\n ${line}\n server s 127.0.0.1:9\n`;

test.each([
  "unique-id-header Content-Length",
  "http-send-name-header Transfer-Encoding",
  "option forwardfor header content-length",
  "option originalto header TRANSFER-ENCODING",
])("%s has no effect, and is told of", (line) => {
  expect(saidOf(listen(line))).toEqual([
    `notice: parsing [case.cfg:8] : '${line}' has no effect: a body is as long as it is, and its head says so.`,
  ]);
  const { frontends, backends } = planOf(listen(line));
  expect([frontends[0]?.http?.uniqueIdHeader, frontends[0]?.http?.forwardFor, frontends[0]?.http?.originalTo]).toEqual([
    null,
    null,
    null,
  ]);
  expect(backends[0]?.http?.serverNameHeader).toBeNull();
});

test("others are added", () => {
  expect(planOf(listen("unique-id-header X-Length")).frontends[0]?.http?.uniqueIdHeader).toBe("X-Length");
});
