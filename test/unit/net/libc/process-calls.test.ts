/** What a process may ask of libc, as far as it can be tried without changing the process. */
import { expect, test } from "bun:test";
import {
  canCallLibc,
  descriptorLimits,
  openDatagramSocket,
  openDescriptorCount,
  sendSyslogDatagram,
  setDescriptorLimits,
} from "../../../../src/net/libc/process-calls.ts";

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: libc's calls need Linux and FFI");

test.skipIf(!isPossible)("a missing receiver of datagrams is told", () => {
  expect(sendSyslogDatagram("/nosuch/log", new Uint8Array(1))).toBe(2);
  expect(() => openDatagramSocket("/nosuch/log")).toThrow("No such file or directory");
  expect(() => openDatagramSocket(`@fairlead-unit-${process.pid}`)).toThrow("Connection refused");
});

test.skipIf(!isPossible)("limits are numbers that can be set again, and are kept to", () => {
  const limits = descriptorLimits()!;
  expect(limits.soft).toBeLessThanOrEqual(limits.hard);
  expect(openDescriptorCount()).toBeLessThanOrEqual(limits.soft);
  setDescriptorLimits(limits);
  expect(descriptorLimits()).toEqual(limits);
  expect(() => setDescriptorLimits({ soft: limits.hard, hard: limits.soft - 1 })).toThrow("Invalid argument");
});
