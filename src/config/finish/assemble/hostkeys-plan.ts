/** What lines say of a server's host keys. */
import { hostKeysInterMs, type SshHostKeysPlan } from "../../../plan/ssh/ssh.ts";
import type { ProxyDraft, ServerDraft } from "../../draft/draft.ts";

/** The nearest pins count: the server's own, those of `default-server`, those of its section. They are looked at whether that was asked for or not. */
export function hostKeysPlan({ settings }: ProxyDraft, server: ServerDraft): SshHostKeysPlan | null {
  if (settings.mode.value === "http") return null;
  const { hostKeysInterMs: interMs, pins: common } = settings.ssh;
  const pins = server.settings.hostKeyPins?.fingerprints ?? common;
  if (interMs === null && pins.length === 0) return null;
  return { interMs: interMs ?? hostKeysInterMs, pins: [...new Set(pins)] };
}
