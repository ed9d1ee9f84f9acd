/** What a service manager wants to hear: systemd's notify protocol (sd_notify(3)). */
import { spawn } from "node:child_process";
import { uptime } from "node:os";

/** What may be told. */
export type ServiceState = "READY=1" | "RELOADING=1" | "STOPPING=1";

/**
 * Tells $NOTIFY_SOCKET; does nothing where there is none.
 *
 * `send` writes one datagram to a unix socket, given by path or by `@` and an abstract name. Without it, `systemd-notify` is asked to do so, which systemd accepts
 * with NotifyAccess=all only.
 */
export function tellServiceManager(
  state: ServiceState,
  socket: string | undefined,
  send: ((path: string, bytes: Uint8Array) => boolean) | null,
): void {
  if (socket === undefined || !/^[/@]/.test(socket)) return;
  // Type=notify-reload wants the time of the kernel's clock in µs; Bun's hrtime counts from the start of the process.
  const clock = state === "RELOADING=1" ? `\nMONOTONIC_USEC=${Math.floor(uptime() * 1_000_000)}` : "";
  const text = `${state}${state === "READY=1" ? `\nMAINPID=${process.pid}` : ""}${clock}\n`;
  if (send?.(socket, new TextEncoder().encode(text)) === true) return;
  const child = spawn("systemd-notify", text.trim().split("\n"), { stdio: "ignore" });
  // Not installed: then nobody waits for it either.
  child.on("error", () => child.unref());
  child.unref();
}
