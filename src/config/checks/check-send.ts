/** `http-check send` and `option httpchk`: the request of an HTTP check. */
import type { LogFormat } from "../../plan/rules/log-format.ts";
import { type CheckLine, checkFormat, commentAt } from "./check-line.ts";
import { Complaint } from "../text/complaint.ts";
import type { HttpRequest } from "../draft/check-lists.ts";

/** Reads the words after `http-check send`. Throws a Complaint without a prefix. */
export function parseHttpSend(check: CheckLine): { request: HttpRequest; comment: string | null } {
  const request = {
    method: null as string | null,
    uri: null as string | LogFormat | null,
    version: null as string | null,
    headers: [] as { name: string; value: string | LogFormat }[],
    body: null as string | LogFormat | null,
  };
  let comment: string | null = null;
  for (let index = 0; index < check.words.length; index += 2) {
    const word = check.words[index];
    const value = check.words[index + 1]?.text ?? "";
    const missing = (): never => {
      throw new Complaint(`'${word?.text}' expects a string as argument..`, word ?? null);
    };
    switch (word?.text) {
      case "meth":
        request.method = value === "" ? missing() : value;
        break;
      case "ver":
        request.version = value === "" ? missing() : value;
        break;
      case "uri":
        request.uri = value === "" ? missing() : value;
        break;
      case "uri-lf":
        request.uri = value === "" ? missing() : checkFormat(check, index + 1);
        break;
      case "body":
        request.body = value === "" ? missing() : value;
        break;
      case "body-lf":
        request.body = value === "" ? missing() : checkFormat(check, index + 1);
        break;
      case "hdr":
        addHeader(check, index, request.headers);
        index += 1;
        break;
      case "comment":
        comment = commentAt(check, index);
        break;
      default:
        throw new Complaint(
          `expects 'comment', 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body' or 'body-lf' but got '${word?.text ?? ""}' as argument..`,
          word ?? null,
        );
    }
  }
  return { request, comment };
}

function addHeader(check: CheckLine, index: number, headers: { name: string; value: string | LogFormat }[]): void {
  const name = check.words[index + 1]?.text ?? "";
  const value = check.words[index + 2];
  if (name === "" || value === undefined || value.text === "") {
    throw new Complaint("'hdr' expects <name> and <value> as arguments.", check.words[index] ?? null);
  }
  const isHost = name.toLowerCase() === "host";
  const host = isHost ? headers.find((header) => header.name.toLowerCase() === "host") : undefined;
  if (host !== undefined) {
    const previous = typeof host.value === "string" ? host.value : host.value.text;
    throw new Complaint(
      `'host' header already defined (previous value is '${previous}').`,
      check.words[index + 1] ?? null,
    );
  }
  headers.push({ name, value: value.text.includes("%") ? checkFormat(check, index + 2) : value.text });
}

/**
 * Takes the last word of `option httpchk` apart: older files hide headers behind the version, with `\r\n` between.
 */
export function splitVersion(word: string): Pick<HttpRequest, "version" | "headers" | "body"> {
  const end = word.search(/\r\n|\n/);
  if (end < 0) return { version: word, headers: [], body: null };
  const [head = "", ...body] = word.slice(end).replaceAll("\r\n", "\n").slice(1).split("\n\n");
  const headers = head
    .split("\n")
    .filter((one) => one.includes(":"))
    .map((one) => ({ name: one.slice(0, one.indexOf(":")).trim(), value: one.slice(one.indexOf(":") + 1).trim() }));
  return { version: word.slice(0, end), headers, body: body.length > 0 ? body.join("\n\n") : null };
}
