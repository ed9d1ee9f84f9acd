/** Why a plan cannot run, in HAProxy's words. */
import { addressText } from "../address.ts";
import type { Failure } from "../proxy/proxy.ts";
import { bindFailureText } from "./bind-failure.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** Why nothing is loaded any more. */
export const stoppingText = "the process is stopping";

/** HAProxy's words for an address that cannot be bound, or a server's name that does not resolve. `findHolder`: who has a port. */
export function failureText(failure: Failure, findHolder: Runtime["portHolder"]): string {
  if (failure.kind === "stopping") return `Reload abandoned : ${stoppingText}.`;
  if (failure.kind === "limits") {
    const { descriptors, wanted, maxconn } = failure.limits;
    return `FD limit (${descriptors}) too low for maxconn=${wanted}: it allows ${maxconn}, and 'strict-limits' is set. Please raise 'ulimit-n'.`;
  }
  if (failure.kind === "tls") {
    const { position, text } = failure;
    return `config : [${position.file}:${position.line}] : ${text}.`;
  }
  if (failure.kind === "name") {
    const { position, name, text } = failure.server;
    return `config : [${position.file}:${position.line}] : 'server ${failure.backend}/${name}' : could not resolve address '${text}'.`;
  }
  const { address, position } = failure.bind;
  const bind = {
    position,
    proxy: `frontend ${failure.frontend}`,
    address: address.kind === "fd" ? `fd@${address.fd}` : addressText(address),
    host: address.kind === "tcp" ? address.host : "",
    port: address.kind === "tcp" ? address.port : null,
    code: failure.error.code,
    message: failure.error.message,
  };
  return bindFailureText(bind, findHolder);
}
