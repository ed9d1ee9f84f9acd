/** Where SSH clients come in, as configurations of different kinds have it. */
import { describe, expect, test } from "bun:test";
import { entranceText, sshBackends, sshEntrances } from "../../../src/ssh/entrances.ts";
import { planOf } from "../config/reading.ts";

const urls = (text: string): string[] => sshEntrances(planOf(text), "vm.test").map(({ url }) => url);
const told = (text: string): string | null => entranceText(planOf(text), "vm.test");

describe("known by", () => {
  test("option ssh", () => {
    expect(urls("listen a\n bind :2222\n option ssh\n server s 192.0.2.1:2022\n")).toEqual(["ssh://vm.test:2222"]);
  });
  test("option ssh in front of several backends", () => {
    const text = `frontend f\n bind :443\n option ssh\n use_backend a if { src 192.0.2.0/24 }\n default_backend b
backend a\n server s 192.0.2.1:444\nbackend b\n server s 192.0.2.1:2022\n`;
    expect([urls(text), sshBackends(planOf(text)).size]).toEqual([["ssh://vm.test:443"], 0]);
  });
  test("port 22 in front", () => {
    expect(urls("listen a\n bind :22\n server s 192.0.2.1:2022\n")).toEqual(["ssh://vm.test"]);
  });
  test("servers that are checked as SSH", () => {
    const text = "listen a\n bind :2222\n option ssh-check\n server s 192.0.2.1:2022 check\n";
    expect(urls(text)).toEqual(["ssh://vm.test:2222"]);
  });
  test("Bitbucket's port behind", () => {
    expect(urls("listen a\n bind 192.0.2.2:2222\n server s 192.0.2.1:7999\n")).toEqual(["ssh://192.0.2.2:2222"]);
  });
  test("one of several backends", () => {
    const text = `frontend f\n bind [2001:db8::1]:22\n use_backend a if { src 192.0.2.0/24 }\n default_backend b
backend a\n server s 192.0.2.1:443\nbackend b\n server s 192.0.2.1:7999\n`;
    expect(urls(text)).toEqual(["ssh://[2001:db8::1]"]);
    expect([...sshBackends(planOf(text))].map(({ name }) => name)).toEqual(["b"]);
  });
});

describe("unknown", () => {
  for (const [name, text] of [
    ["some TCP port", "listen a\n bind :2222\n server s 192.0.2.1:2022\n"],
    ["mode http", "listen a\n mode http\n bind :22\n server s 192.0.2.1:8080\n"],
    ["TLS on the way to the servers", "listen a\n bind :22\n server s 192.0.2.1:7999 ssl verify none\n"],
    ["a frontend that is switched off", "listen a\n disabled\n bind :22\n server s 192.0.2.1:7999\n"],
    ["what only defaults say", "defaults\n option ssh\nlisten a\n bind :2222\n server s 192.0.2.1:3306\n"],
    ["a socket that has no port", "listen a\n bind /run/a.sock\n option ssh\n server s 192.0.2.1:7999\n"],
    ["a server on another port beside", "listen a\n bind :2222\n server s 192.0.2.1:7999\n server t 192.0.2.1:80\n"],
  ] as const)
    test(name, () => expect([urls(text), told(text)]).toEqual([[], null]));
});

test("the line of a start: every address goes before one, and others are counted", () => {
  const text = "listen a\n bind 192.0.2.9:22\n bind :22\n bind 192.0.2.8:2222\n server s 192.0.2.1:7999\n";
  expect(told(text)).toBe("SSH clients come in by ssh://vm.test or another name of this machine, and by 2 more.");
  expect(told("listen a\n bind 192.0.2.9:22\n server s 192.0.2.1:7999\n")).toBe(
    "SSH clients come in by ssh://192.0.2.9.",
  );
});
