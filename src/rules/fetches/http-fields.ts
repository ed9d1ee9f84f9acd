/** Fetches of the fields of a head, and of the cookies in them (manual, section 7.3.6). */
import { requestCookies, responseCookies } from "../../wire/http/cookies.ts";
import type { Fields } from "../../wire/http/fields.ts";
import { lineCount, lineValue, lineValues, listCount, listValue, listValues } from "../../wire/http/occurrences.ts";
import { bytesOf } from "../../wire/latin1.ts";
import { hasArgument, numberArgument, textArgument } from "../samples/arguments.ts";
import { type AclKeyword, type ArgumentCheck, type Arguments, fetch, type FetchRow } from "../samples/rows.ts";
import type { Source } from "../samples/sites.ts";
import { address, bin, leadingInteger, type Sample, sint, str } from "../value/sample.ts";
import {
  allOfMessage,
  type Look,
  type Message,
  ofMessage,
  presentMessage,
  presentRequest,
  presentResponse,
} from "./http-message.ts";

/** Where a family of fetches looks, and what it may be asked for where. */
interface Side {
  readonly look: Look<Message>;
  readonly source: Source;
}

const request: Side = { look: presentRequest, source: "request head" };
const response: Side = { look: presentResponse, source: "response head" };
const either: Side = { look: presentMessage, source: "request or response head" };

/** Of a value its sample; undefined where it is none of the type asked for. */
type ToSample = (value: string) => Sample | undefined;

/** An IPv4 address may have a port behind it. */
function toAddress(value: string): Sample | undefined {
  const [, host, port] = /^([0-9.]+):([0-9]+)$/.exec(value) ?? [];
  return host !== undefined && Number(port) < 65_536 ? address(host) : address(value);
}

function toInteger(value: string): Sample {
  return sint(leadingInteger(value));
}

const checkOccurrence: ArgumentCheck = ([, occurrence]) =>
  typeof occurrence === "number" && occurrence < -10 ? "header occurrence must be >= -10" : null;

/** `NAME([name[,occurrence]])`: without arguments nothing; an ACL that names no occurrence tries all. */
function values(
  form: string,
  side: Side,
  isWhole: boolean,
  to: ToSample,
  keywords: readonly AclKeyword[] = [],
): FetchRow {
  const [one, every] = isWhole ? [lineValue, lineValues] : [listValue, listValues];
  const { look } = side;
  return fetch(
    form,
    side.source,
    (args) => {
      if (args.length === 0) return () => undefined;
      const [name, occurrence] = [nameIn(args), numberArgument(args, 1)];
      return ofMessage(look, ({ fields }) => {
        const value = one(fields, name, occurrence);
        return value === undefined ? undefined : to(value);
      });
    },
    {
      check: checkOccurrence,
      all: (args) => {
        if (args.length === 0 || numberArgument(args, 1) !== 0) return undefined;
        const name = nameIn(args);
        return allOfMessage(look, ({ fields }) => samples(every(fields, name), to));
      },
      aclKeywords: keywords,
    },
  );
}

function samples(texts: readonly string[], to: ToSample): Sample[] {
  return texts.map(to).filter((sample) => sample !== undefined);
}

function nameIn(args: Arguments): string {
  return textArgument(args, 0).toLowerCase();
}

function figure(form: string, { look, source }: Side, read: (fields: Fields, name: string) => number): FetchRow {
  return fetch(form, source, (args) => {
    const name = nameIn(args);
    return ofMessage(look, ({ fields }) => sint(read(fields, name)));
  });
}

/** How names of ACLs end, and how they compare then. */
const ways = ["beg", "dir", "dom", "end", "len", "reg", "sub"] as const;

/** `hdr`, `hdr_beg` and so on: words by which ACLs know a fetch. */
export function matching(name: string): AclKeyword[] {
  return [{ name, match: "str" }, ...ways.map((way): AclKeyword => ({ name: `${name}_${way}`, match: way }))];
}

/** The names of all fields, parted by the delimiter's first character. */
function names(form: string, { look, source }: Side): FetchRow {
  return fetch(form, source, (args) => {
    const delimiter = hasArgument(args, 0) ? textArgument(args, 0).slice(0, 1) : ",";
    return ofMessage(look, ({ fields }) => str(lines(fields, (name) => name).join(delimiter)));
  });
}

function lines<Line>(fields: Fields, make: (name: string, value: string) => Line): Line[] {
  return Array.from({ length: fields.count }, (_, index) => make(fields.name(index), fields.value(index)));
}

/** All fields as they would be sent, with the empty line. */
function asText(fields: Fields): Sample {
  return bin(bytesOf(`${lines(fields, (name, value) => `${name}: ${value}\r\n`).join("")}\r\n`));
}

/** All fields: names and values, each behind its length, and two empty texts at the end. */
function asBytes(fields: Fields): Sample {
  return bin(bytesOf(`${lines(fields, (name, value) => counted(name) + counted(value)).join("")}\0\0`));
}

function counted(text: string): string {
  return varint(text.length) + text;
}

/** HAProxy's numbers of varying length, as in its peers protocol. */
function varint(value: number): string {
  if (value < 240) return String.fromCharCode(value);
  let text = String.fromCharCode((value | 240) & 255);
  let rest = (value - 240) >> 4;
  while (rest >= 128) {
    text += String.fromCharCode((rest | 128) & 255);
    rest = (rest - 128) >> 7;
  }
  return text + String.fromCharCode(rest);
}

/** The cookies of a message. */
function cookiesIn(message: Message, name: string): string[] {
  const read = "status" in message ? responseCookies : requestCookies;
  return read(message.fields, name);
}

/** `NAME([cookie])`: the last of that name; without one, the first of all. */
function cookie(form: string, { look, source }: Side, to: ToSample, keywords: readonly AclKeyword[] = []): FetchRow {
  return fetch(
    form,
    source,
    (args) => {
      const name = textArgument(args, 0);
      return ofMessage(look, (message) => {
        const value = cookiesIn(message, name).at(name === "" ? 0 : -1);
        return value === undefined ? undefined : to(value);
      });
    },
    {
      all: (args) => {
        const name = textArgument(args, 0);
        return allOfMessage(look, (message) => samples(cookiesIn(message, name), to));
      },
      aclKeywords: keywords,
    },
  );
}

function cookieCount(form: string, { look, source }: Side): FetchRow {
  return fetch(form, source, (args) => {
    const name = textArgument(args, 0);
    return ofMessage(look, (message) => sint(cookiesIn(message, name).length));
  });
}

/** The family of one direction: `req.hdr` and so on, and the older names. */
function fieldsOf(side: Side, start: string): FetchRow[] {
  return [
    figure(`${start}.fhdr_cnt([string]): sint`, side, lineCount),
    values(`${start}.fhdr([string,integer]): str`, side, true, str),
    figure(`${start}.hdr_cnt([string]): sint`, side, listCount),
    values(`${start}.hdr([string,integer]): str`, side, false, str, matching(start === "req" ? "hdr" : "shdr")),
    values(`${start}.hdr_ip([string,integer]): addr`, side, false, toAddress),
    values(`${start}.hdr_val([string,integer]): sint`, side, false, toInteger),
    names(`${start}.hdr_names([string]): str`, side),
    fetch(`${start}.hdrs: bin`, side.source, () => ofMessage(side.look, ({ fields }) => asText(fields))),
    fetch(`${start}.hdrs_bin: bin`, side.source, () => ofMessage(side.look, ({ fields }) => asBytes(fields))),
    cookie(`${start}.cook([string]): str`, side, str, matching(start === "req" ? "cook" : "scook")),
    cookieCount(`${start}.cook_cnt([string]): sint`, side),
    cookie(`${start}.cook_val([string]): sint`, side, toInteger),
  ];
}

/** The fetches of this file. */
export const httpFieldFetches: readonly FetchRow[] = [
  ...fieldsOf(request, "req"),
  ...fieldsOf(response, "res"),
  values("hdr([string,integer]): str", either, false, str),
  figure("hdr_cnt([string]): sint", request, listCount),
  values("hdr_ip([string,integer]): addr", request, false, toAddress),
  values("hdr_val([string,integer]): sint", request, false, toInteger),
  values("shdr([string,integer]): str", response, false, str),
  figure("shdr_cnt([string]): sint", response, listCount),
  values("shdr_ip([string,integer]): addr", response, false, toAddress),
  values("shdr_val([string,integer]): sint", response, false, toInteger),
  cookie("cook([string]): str", request, str),
  cookieCount("cook_cnt([string]): sint", request),
  cookie("cook_val([string]): sint", request, toInteger),
  cookie("cookie([string]): str", either, str),
  cookie("scook([string]): str", response, str),
  cookieCount("scook_cnt([string]): sint", response),
  cookie("scook_val([string]): sint", response, toInteger),
];
