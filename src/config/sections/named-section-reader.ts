/** Reads `resolvers`, `peers`, `userlist`, `mailers` and the sections that are only known by name. */
import { complain } from "../text/complaint.ts";
import { type Draft, type PeersDraft, positionOf, type ResolversDraft, type RingDraft } from "../draft/draft.ts";
import type { HttpErrorsDraft, UserlistDraft } from "../keywords/http-sections.ts";
import type { MailersDraft } from "../keywords/idle-sections.ts";
import { leastRingBytes } from "../keywords/ring.ts";
import { sectionRows } from "../keywords/section-names.ts";
import { resolversDefaults } from "../../plan/resolvers.ts";
import { readSection } from "./section-reader.ts";
import type { Section } from "../text/statement.ts";
import {
  httpErrorsSection,
  mailersSection,
  peersSection,
  resolversSection,
  ringSection,
  userlistSection,
} from "./tables.ts";

/** Reads a `resolvers` section. */
export function readResolvers(section: Section, draft: Draft): void {
  const resolvers: ResolversDraft = {
    name: section.name,
    position: positionOf(section.header),
    statement: section.header,
    declared: new Map(),
    nameservers: [],
    ...resolversDefaults,
    holdMs: { ...resolversDefaults.holdMs },
  };
  readSection(resolversSection, section, resolvers, draft);
  draft.resolvers.push(resolvers);
}

/** Reads a `ring` section. */
export function readRing(section: Section, draft: Draft): void {
  const ring: RingDraft = {
    name: section.name,
    header: section.header,
    format: null,
    maxlen: 0,
    sizeBytes: leastRingBytes,
    timeouts: { connect: 0, server: 0 },
    servers: [],
    serverNames: new Set(),
  };
  readSection(ringSection, section, ring, draft);
  draft.rings.set(section.name, ring);
}

/** Reads a section that has no effect here, or refuses it by name. Proxies are left alone. */
export function readListSection(section: Section, draft: Draft): void {
  const row = sectionRows.find((one) => one.name === section.kind);
  if (row === undefined || row.class === "works") return;
  if (row.class === "refused") {
    const text = `the '${section.kind}' section is not supported`;
    complain(draft.diagnostics, "alert", section.header, text, section.header.words[0], row.reason);
    return;
  }
  const position = positionOf(section.header);
  draft.global.withoutEffect.push({ keyword: section.kind, reason: row.reason ?? "", position });
  if (section.kind === "peers") readPeers(section, draft);
  if (section.kind === "mailers") readMailers(section, draft);
}

function readPeers(section: Section, draft: Draft): void {
  const peers: PeersDraft = { name: section.name, statement: section.header, disabled: false, names: new Set() };
  readSection(peersSection, section, peers, draft);
  draft.peers.set(section.name, peers);
}

/** Reads a `userlist` section. */
export function readUserlist(section: Section, draft: Draft): void {
  const list: UserlistDraft = { name: section.name, users: new Map(), groups: new Map() };
  readSection(userlistSection, section, list, draft);
  const alert = (text: string): void =>
    draft.diagnostics.add({ level: "alert", text: `userlist '${list.name}': ${text}`, pointer: null, advice: null });
  for (const [user, { groups }] of list.users) {
    for (const group of groups) {
      if (!list.groups.has(group)) alert(`no such group '${group}' specified in user '${user}'`);
    }
  }
  for (const [group, users] of list.groups) {
    for (const user of users) {
      if (!list.users.has(user)) alert(`no such user '${user}' specified in group '${group}'`);
    }
  }
  const groupsOf = new Map([...list.users].map(([user, { groups }]) => [user, new Set(groups)]));
  for (const [group, users] of list.groups) for (const user of users) groupsOf.get(user)?.add(group);
  const users = [...list.users.values()].map(({ name, password, isHashed }) => ({
    name,
    password,
    isHashed,
    groups: [...(groupsOf.get(name) ?? [])],
  }));
  draft.userlists.set(section.name, {
    plan: { name: section.name, users },
    groups: new Set(list.groups.keys()),
  });
}

/** Reads an `http-errors` section. */
export function readHttpErrors(section: Section, draft: Draft): void {
  const errors: HttpErrorsDraft = new Map();
  readSection(httpErrorsSection, section, errors, draft);
  draft.httpErrors.set(section.name, errors);
}

function readMailers(section: Section, draft: Draft): void {
  const mailers: MailersDraft = { name: section.name, count: 0 };
  readSection(mailersSection, section, mailers, draft);
  draft.mailers.set(section.name, section.header);
}
