/** `option forwardfor` and `option originalto`: which field tells addresses, and of whom it says nothing. */
import { isIP } from "node:net";
import type { AddressFieldPlan } from "../../plan/http.ts";
import { Complaint } from "../text/complaint.ts";
import type { ProxySection } from "../draft/proxy-section.ts";
import type { Line } from "../row/row.ts";
import { mayAdd } from "./field-name.ts";
import type { Word } from "../text/statement.ts";

const known = { forwardfor: ["except", "header", "if-none"], originalto: ["except", "header"] } as const;
const fields = { forwardfor: "forwardFor", originalto: "originalTo" } as const;

/** Reads the words after the option. Throws a Complaint. */
export function readAddressField(name: "forwardfor" | "originalto", { settings }: ProxySection, line: Line): void {
  let field: AddressFieldPlan = {
    name: name === "forwardfor" ? "X-Forwarded-For" : "X-Original-To",
    except: null,
    ifNone: false,
  };
  for (let at = 0; at < line.words.length; at += 1) {
    const word = line.words[at];
    const what = known[name].find((one) => one === word?.text);
    if (word === undefined || what === undefined) {
      const list = name === "forwardfor" ? "'except', 'header' and 'if-none'" : "'except' and 'header'";
      throw new Complaint(`'option ${name}' only supports optional values: ${list}.`, word ?? line.keyword);
    }
    if (what === "if-none") {
      field = { ...field, ifNone: true };
      continue;
    }
    at += 1;
    const value = line.words[at];
    const network = what === "except" && value !== undefined ? networkOf(value) : null;
    if (value === undefined || (what === "except" && network === null)) {
      const argument = what === "except" ? "<address>[/mask]" : "<header_name>";
      throw new Complaint(`'option ${name} ${what}' expects ${argument} as argument.`, value ?? word);
    }
    field = what === "except" ? { ...field, except: network } : { ...field, name: value.text };
  }
  settings.http[fields[name]] = mayAdd(field.name, line) ? field : null;
  settings.httpOptions.add(name);
}

/** An address with its mask, as CIDR; null where it is none. */
function networkOf({ text }: Word): string | null {
  const [address = "", mask, more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined) return null;
  const bits = family === 4 ? 32 : 128;
  if (mask === undefined) return `${address}/${bits}`;
  if (/^\d+$/.test(mask)) return Number(mask) <= bits ? `${address}/${Number(mask)}` : null;
  const dotted = family === 4 && isIP(mask) === 4 ? dottedBits(mask) : null;
  return dotted === null ? null : `${address}/${dotted}`;
}

/** How many bits a mask written as an address has; null where they do not all come first. */
function dottedBits(mask: string): number | null {
  const text = mask
    .split(".")
    .map((part) => Number(part).toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(text) ? text.replaceAll("0", "").length : null;
}
