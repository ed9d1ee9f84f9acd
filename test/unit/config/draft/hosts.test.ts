/** Names of the hosts file. */
import { expect, test } from "bun:test";
import { Hosts } from "../../../../src/config/draft/hosts.ts";

const text = "# comment\n127.0.0.1\tlocalhost LoopBack # v4\n::1 localhost six\n127.0.0.2 loopback\nname other\n";

test("version 4 where there is any, and names without case", () => {
  const hosts = new Hosts((path) => (path === "/etc/hosts" ? text : null));
  expect(hosts.addressesOf("localhost")).toEqual(["127.0.0.1"]);
  expect(hosts.addressesOf("LOOPBACK")).toEqual(["127.0.0.1", "127.0.0.2"]);
  expect(hosts.addressesOf("six")).toEqual(["::1"]);
  expect(hosts.addressesOf("other")).toEqual([]);
  expect(hosts.addressesOf("v4")).toEqual([]);
});

test("the file is read when it is first asked, and once", () => {
  let reads = 0;
  const hosts = new Hosts(() => {
    reads += 1;
    return null;
  });
  expect(reads).toBe(0);
  expect([hosts.addressesOf("a"), hosts.addressesOf("b")]).toEqual([[], []]);
  expect(reads).toBe(1);
});
