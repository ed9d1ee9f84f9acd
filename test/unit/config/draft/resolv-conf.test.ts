/** The system's name servers. */
import { expect, test } from "bun:test";
import type { PlanContext } from "../../../../src/config/draft/draft.ts";
import { defaultResolvers, systemNameservers } from "../../../../src/config/draft/resolv-conf.ts";
import { resolversDefaults } from "../../../../src/plan/resolvers.ts";
import { testContext } from "../../../cases/case.ts";

const text =
  "search example.com\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # six\n#nameserver 192.0.2.9\nnameserver 192.0.2.1\n";
const server = (host: string): object => ({ name: host, host, port: 53, stream: false });

test("each once, in the file's order", () => {
  expect(systemNameservers(text)).toEqual([server("192.0.2.1"), server("2001:db8::1")] as never);
});

const context = (file: string | null): PlanContext => ({ ...testContext(), readFile: () => file });

test("a section of their own, where there are any", () => {
  expect(defaultResolvers(context(text))).toMatchObject({ name: "default", ...resolversDefaults });
  expect(defaultResolvers(context("search example.com\n"))).toBeNull();
  expect(defaultResolvers(context(null))).toBeNull();
});
