import { expect, test } from "bun:test";
import { noCounts, SectionCounters } from "../../../../src/proxy/names/dns-counters.ts";
import { resolversPlan } from "../plans.ts";

test("each name server of a section has counters of its own, told in the configuration's order", () => {
  const nameservers = ["b", "a"].map((name) => ({ name, host: "127.0.0.1", port: 53, stream: false }));
  const section = new SectionCounters(resolversPlan({ nameservers } as object));
  section.of("a").valid += 2;
  section.of("nobody").valid += 1;
  const both = [
    { name: "b", ...noCounts() },
    { name: "a", ...noCounts(), valid: 2 },
  ];
  expect(section.stats()).toEqual({ name: "dns", nameservers: both });
  const before = section.of("a");
  section.clear();
  expect(section.of("a")).toBe(before);
  expect(before).toEqual(noCounts());
});
