/** Families of software that have rows of their own, whatever else there is. */
import { keptCharacters } from "./kept-text.ts";
import { sshFamilies, sshFamily } from "../../wire/ssh/families.ts";

const names: ReadonlySet<string> = new Set(sshFamilies);

/** Software whose family is not looked for again. */
const met = new Map<string, string>();
const mostMet = 256;

/** What software is called in the inventory: its family's name, as metrics have it, or its own that says more (`OpenSSH_for_Windows`). */
export function nameIn(family: string | null, software: string): string {
  if (family === null) return software;
  const isMore = software.startsWith(family) && !/[A-Za-z0-9]/.test(software.charAt(family.length));
  return isMore ? software : family;
}

/** The family of software, or of a family's own name: an inventory that was saved has those. Null: none that is known. */
export function familyOf(software: string): string | null {
  const known = met.get(software);
  if (known !== undefined) return known;
  const family = sshFamily({ software }) ?? (names.has(software) ? software : null);
  if (family !== null && software.length <= keptCharacters && met.size < mostMet) met.set(software, family);
  return family;
}
