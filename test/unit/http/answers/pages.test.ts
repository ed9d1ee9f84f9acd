import { expect, test } from "bun:test";
import { errorStatuses } from "../../../../src/plan/http.ts";
import { pageOf, rawPage } from "../../../../src/http/answers/pages.ts";
import { reasonOf } from "../../../../src/wire/http/reasons.ts";

test("there is a page for each status that has one, and its length is true", () => {
  for (const status of errorStatuses) {
    const { fields, body } = pageOf(status);
    expect(fields[0]).toEqual(["content-length", String(body.length)]);
    expect(Buffer.from(body).toString("latin1")).toStartWith(`<html><body><h1>${status} `);
  }
});

test("HAProxy's parser says 408 with capitals", () => {
  expect(Buffer.from(rawPage(408)).toString("latin1")).toBe(
    "HTTP/1.1 408 Request Time-out\r\nContent-length: 110\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html><body><h1>408 Request Time-out</h1>\nYour browser didn't send a complete request in time.\n</body></html>\n",
  );
});

test("statuses have the reasons that are usual", () => {
  expect([reasonOf(302), reasonOf(299), reasonOf(999)]).toEqual(["Found", "Success", "Other"]);
});
