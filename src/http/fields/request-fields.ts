/** What goes with a request to its server beside what its client and rules wrote: whose it is, and whether the connection goes on. */
import { parseIPv4, parseIPv6 } from "../../ip-literal.ts";
import type { SocketAddress } from "../../address.ts";
import type { AddressFieldPlan, HttpProxyPlan } from "../../plan/http.ts";
import { removePersistence } from "../../wire/http/framing.ts";
import type { Fields } from "../../wire/http/fields.ts";
import type { Head } from "../../wire/http/head.ts";

/** What Connection says to a server: it closes after its answer, or not. */
export function setServerPersistence(head: Head, closes: boolean): void {
  const { fields } = head;
  removePersistence(fields);
  const isOld = head.version === 10;
  // HTTP/1.0 closes where nothing is said, HTTP/1.1 goes on.
  if (closes !== isOld) fields.add("connection", closes ? "close" : "keep-alive");
}

/** Where a request came from and led to. */
export interface Addressed {
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
}

/** `option forwardfor` and `originalto` of both halves. */
export function addAddresses(fields: Fields, front: HttpProxyPlan, back: HttpProxyPlan, request: Addressed): void {
  if ((back.forwardFor ?? front.forwardFor) !== null) {
    addAddress(fields, front.forwardFor, back.forwardFor, request.source, true);
  }
  if ((back.originalTo ?? front.originalTo) !== null) {
    addAddress(fields, front.originalTo, back.originalTo, request.destination, false);
  }
}

function addAddress(
  fields: Fields,
  front: AddressFieldPlan | null,
  back: AddressFieldPlan | null,
  address: SocketAddress,
  mayBeThere: boolean,
): void {
  const plan = back ?? front;
  if (plan === null || address.kind !== "tcp") return;
  const name = plan.name.toLowerCase();
  const isOptional = mayBeThere && (front?.ifNone ?? true) && (back?.ifNone ?? true);
  if (isOptional && fields.has(name)) return;
  if (isExcepted(front, address.host) || isExcepted(back, address.host)) return;
  fields.add(name, address.host);
}

function isExcepted(plan: AddressFieldPlan | null, host: string): boolean {
  return plan !== null && plan.except !== null && isWithin(host, plan.except);
}

/** Whether an address is in a network, `ADDRESS/BITS` or one address. */
export function isWithin(host: string, network: string): boolean {
  const [base = "", bits] = network.split("/");
  const one = bytesOf(host);
  const other = bytesOf(base);
  if (one === null || other === null || one.length !== other.length) return false;
  const count = bits === undefined ? one.length * 8 : Number(bits);
  for (let bit = 0; bit < count; bit += 8) {
    const mask = count - bit >= 8 ? 0xff : (0xff << (8 - (count - bit))) & 0xff;
    if (((one[bit >> 3] ?? 0) & mask) !== ((other[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

function bytesOf(host: string): Uint8Array | null {
  return parseIPv4(host) ?? parseIPv6(host);
}
