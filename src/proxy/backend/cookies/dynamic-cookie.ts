/** `cookie … dynamic`: what stands for a server that has no `cookie`, worked out from its address, the same everywhere. */
import type { SocketAddress } from "../../../address.ts";
import type { HttpBackendPlan } from "../../../plan/http.ts";
import { parseIPv4, parseIPv6 } from "../../../ip-literal.ts";
import { xxh64 } from "../../../rules/value/hash.ts";

/** Whether a backend's servers have such cookies, and by which key: as planned, or as an operator set it since. */
export class DynamicCookies {
  #enabled: boolean | null = null;
  #key: string | null = null;

  set(change: { readonly enabled?: boolean; readonly key?: string }): void {
    this.#enabled = change.enabled ?? this.#enabled;
    this.#key = change.key ?? this.#key;
  }

  /** Null: there are none. */
  keyUnder(plan: HttpBackendPlan | null): string | null {
    const cookie = plan?.cookie ?? null;
    if (plan === null || cookie === null || !(this.#enabled ?? cookie.dynamic)) return null;
    return this.#key ?? plan.dynamicCookieKey;
  }

  /** The plan says otherwise than before, and holds. */
  forget(): void {
    this.#enabled = this.#key = null;
  }
}

/** `key`: `dynamic-cookie-key`. Null for a socket of the system's. */
export function dynamicCookie(key: string, address: SocketAddress): string | null {
  if (address.kind !== "tcp") return null;
  const host = parseIPv4(address.host) ?? parseIPv6(address.host);
  if (host === null) return null;
  const port = Buffer.alloc(4);
  port.writeUInt32BE(address.port);
  const hash = xxh64(Buffer.concat([Buffer.from(key, "latin1"), host, port]));
  return hash.toString(16).padStart(16, "0");
}
