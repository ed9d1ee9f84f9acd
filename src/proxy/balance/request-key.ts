/** What of a request `balance uri`, `url_param` and `hdr` hash, as HAProxy cuts it out: latin1, byte by byte. */
import type { BalancePlan, UriHashPlan } from "../../plan/proxy.ts";
import type { HttpRequestView } from "../../rules/http-view.ts";
import { listValue } from "../../wire/http/occurrences.ts";

/** The key by the plan's words; null: the request has none. */
export function requestKey(
  { uri, urlParam, header }: BalancePlan,
  request: Pick<HttpRequestView, "method" | "target" | "fields" | "body">,
): string | null {
  if (uri !== undefined) return uriKey(request.target, uri);
  if (urlParam !== undefined) {
    const key = parameterOf(request.target, urlParam.name);
    if (key !== null || urlParam.checkPost === null || request.method !== "POST") return key;
    return bodyParameterOf(request.body.bytes, urlParam.name);
  }
  if (header === undefined) return null;
  const value = listValue(request.fields, header.name.toLowerCase(), 1);
  if (value === undefined || value === "") return null;
  return header.domainOnly ? mainDomain(value) : value;
}

/** So many bytes of a body, or all of a shorter one, have to be there before its key can be told; 0: the head is enough. */
export function bodyWanted({ urlParam }: BalancePlan, method: string): number {
  return method === "POST" ? (urlParam?.checkPost ?? 0) : 0;
}

function uriKey(target: string, { length, depth, whole, pathOnly }: UriHashPlan): string {
  const uri = pathOnly ? pathOf(target) : target;
  const most = length === 0 ? uri.length : Math.min(length, uri.length);
  let slashes = 0;
  for (let at = 0; at < most; at++) {
    const character = uri.charCodeAt(at);
    if (character === 0x2f) {
      slashes += 1;
      if (depth > 0 && slashes > depth) return uri.slice(0, at);
    } else if (character === 0x3f && !whole) return uri.slice(0, at);
  }
  return uri.slice(0, most);
}

/** From the first slash of the path on; of a target without one, nothing. */
function pathOf(target: string): string {
  if (target.startsWith("/")) return target;
  const authority = target.indexOf("://");
  if (authority < 0) return "";
  const slash = target.indexOf("/", authority + 3);
  return slash < 0 ? "" : target.slice(slash);
}

function parameterOf(target: string, name: string): string | null {
  const query = target.indexOf("?");
  return query < 0 ? null : valueIn(target.slice(query + 1), name);
}

/** The value behind `name=`, up to the next `&`; the name's case counts. */
function valueIn(parameters: string, name: string): string | null {
  for (let from = 0; from >= 0;) {
    const next = parameters.indexOf("&", from);
    if (parameters.startsWith(`${name}=`, from)) {
      return parameters.slice(from + name.length + 1, next < 0 ? parameters.length : next);
    }
    from = next < 0 ? -1 : next + 1;
  }
  return null;
}

/** Of a form in a body. As in HAProxy the first character of the value tells: white space ends it, and of others than those of tokens it is no form. */
function bodyParameterOf(body: Uint8Array, name: string): string | null {
  const value = valueIn(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), name);
  if (value === null || !notToken.test(value)) return value;
  return lineSpace.test(value) ? "" : null;
}

const notToken = /^[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const lineSpace = /^[ \t\r\n]/;

/** Of `www.example.org` and `example.org` the part `example`, which is at least one character; without a dot behind one, all. */
function mainDomain(host: string): string {
  const end = host.lastIndexOf(".");
  if (end <= 0) return host;
  return host.slice(end === 1 ? 0 : host.lastIndexOf(".", end - 2) + 1, end);
}
