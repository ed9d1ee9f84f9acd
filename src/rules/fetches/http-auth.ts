/** Fetches of who a request says that it comes from (RFC 7617 and 6750; manual, section 7.3.6). */
import { latin1 } from "../../wire/latin1.ts";
import { hasArgument, textArgument } from "../samples/arguments.ts";
import { type Evaluate, type EvaluateAll, fetch, type FetchCompiler, type FetchRow } from "../samples/rows.ts";
import { fromBase64 } from "../value/base64.ts";
import { bool, str } from "../value/sample.ts";
import { allOfMessage, ofMessage, presentRequest, type Request } from "./http-message.ts";

/** What an Authorization field says. */
type Credentials =
  | { readonly type: "Basic"; readonly user: string; readonly password: string }
  | { readonly type: "Bearer"; readonly token: string };

/** Undefined: none, or none of a kind that is known. */
function credentialsIn(request: Request, field = authorizationOf(request)): Credentials | undefined {
  const at = request.fields.find(field);
  const [, scheme = "", value = ""] = /^([^ ]*) +(.*)$/s.exec(at < 0 ? "" : request.fields.value(at)) ?? [];
  if (scheme.toLowerCase() === "bearer" && value !== "") return { type: "Bearer", token: value };
  if (scheme.toLowerCase() !== "basic") return undefined;
  const bytes = fromBase64(value);
  const text = bytes === undefined ? "" : latin1(bytes);
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { type: "Basic", user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function authorizationOf(request: Request): string {
  return request.isToProxy === true ? "proxy-authorization" : "authorization";
}

function ofBasic(read: (user: string, password: string) => string): Evaluate {
  return ofMessage(presentRequest, (request) => {
    const found = credentialsIn(request);
    return found?.type === "Basic" ? str(read(found.user, found.password)) : undefined;
  });
}

const type = ofMessage(presentRequest, (request) => {
  const found = credentialsIn(request);
  return found === undefined ? undefined : str(found.type);
});

/** `([header])`: where a header is named, whatever it is. */
const bearer: FetchCompiler = (args) => {
  const field = hasArgument(args, 0) ? textArgument(args, 0).toLowerCase() : undefined;
  return ofMessage(presentRequest, (request) => {
    const found = credentialsIn(request, field);
    return found?.type === "Bearer" ? str(found.token) : undefined;
  });
};

const isUser: FetchCompiler = (args, { tables }) => {
  const list = textArgument(args, 0);
  return ofMessage(presentRequest, (request) => {
    const found = credentialsIn(request);
    if (found?.type !== "Basic") return undefined;
    return bool(tables.userlists.find(list, found.user, found.password) !== undefined);
  });
};

/** The user's name, where it is one; ACLs compare the user's groups. */
const userOf: FetchCompiler = (args, { tables }) => {
  const list = textArgument(args, 0);
  return ofMessage(presentRequest, (request) => {
    const found = credentialsIn(request);
    if (found?.type !== "Basic") return undefined;
    const user = tables.userlists.find(list, found.user, found.password);
    return user === undefined ? undefined : str(user.name);
  });
};

function groupsOf(
  list: string,
  find: (list: string, user: string, password: string) => readonly string[],
): EvaluateAll {
  return allOfMessage(presentRequest, (request) => {
    const found = credentialsIn(request);
    return found?.type === "Basic" ? find(list, found.user, found.password).map(str) : [];
  });
}

const source = "request head";

/** The fetches of this file. */
export const httpAuthFetches: readonly FetchRow[] = [
  fetch("http_auth(user list): bool", source, isUser),
  fetch("http_auth_bearer([string]): str", source, bearer),
  fetch("http_auth_group(user list): str", source, userOf, {
    all: (args, { tables }) => groupsOf(textArgument(args, 0), (...who) => tables.userlists.find(...who)?.groups ?? []),
    aclKeywords: [{ name: "http_auth_group", match: "str" }],
  }),
  fetch("http_auth_pass: str", source, () => ofBasic((_, password) => password)),
  fetch("http_auth_type: str", source, () => type),
  fetch("http_auth_user: str", source, () => ofBasic((user) => user)),
];
