/** What systemd is told, as sd_notify(3) has it. */
import { expect, test } from "bun:test";
import { type ServiceState, tellServiceManager } from "../../../src/service/service-manager.ts";

function told(state: ServiceState, socket: string | undefined): string[] {
  const sent: string[] = [];
  tellServiceManager(state, socket, (path, bytes) => {
    sent.push(`${path} ${new TextDecoder().decode(bytes)}`);
    return true;
  });
  return sent;
}

test("its own process is named when it is ready, and the clock when it reloads", () => {
  expect(told("READY=1", "/run/notify")).toEqual([`/run/notify READY=1\nMAINPID=${process.pid}\n`]);
  expect(told("STOPPING=1", "@notify")).toEqual(["@notify STOPPING=1\n"]);
  expect(told("RELOADING=1", "/run/notify")[0]).toMatch(/^\/run\/notify RELOADING=1\nMONOTONIC_USEC=[0-9]+\n$/);
});

test("nobody is told where there is no socket, or none of the kinds there are", () => {
  expect(told("READY=1", undefined)).toEqual([]);
  expect(told("READY=1", "vsock:2:1")).toEqual([]);
});
