/** Lists of certificates at run time: `show`, `add` and `del` of `ssl crt-list` (management guide, "add ssl crt-list"). */
import type { CertificateList, ListEntry, PublicTls, TlsListener } from "../../../proxy/public.ts";
import type { Rows } from "../../answers/slices.ts";
import { singleLine } from "../../log/syslog.ts";
import { type Answer, err, notice } from "../answer.ts";
import type { AdminCommand } from "../command.ts";
import type { AddedLineView, AdminSources } from "../sources.ts";

/** The three of them. */
export const crtListCommands: readonly AdminCommand[] = [
  command(
    "show",
    "[-n] [<list>]",
    "show the list of crt-lists or the content of a crt-list file <list>",
    (args, { info }) => show(args, info.proxy.tls),
  ),
  command("add", "<list> <cert> [opts]*", "add to crt-list file <list> a line <cert> or a payload", add),
  command("del", "<list> <cert[:line]>", "delete a line <cert> from crt-list file <list>", (args, { info }) =>
    remove(args, info.proxy.tls),
  ),
];

function command(
  verb: string,
  usage: string,
  help: string,
  run: (args: readonly string[], sources: AdminSources, payload: string | null) => Answer,
): AdminCommand {
  return {
    words: [verb, "ssl", "crt-list"],
    usage: `${verb} ssl crt-list ${usage}`,
    help,
    level: "admin",
    run: (args, sources, _session, payload) => run(args, sources, payload),
  };
}

/** A folder is found with and without the slash at its end. */
function find(tls: PublicTls, name: string): CertificateList | null {
  return tls.list(name) ?? tls.list(name.replace(/\/$/, ""));
}

function show(args: readonly string[], tls: PublicTls): Answer {
  const isNumbered = args[0] === "-n";
  const name = args[isNumbered ? 1 : 0];
  if (name === undefined) {
    return isNumbered ? err("'show ssl crt-list -n' expects a filename or a directory\n") : listRows(tls.lists());
  }
  const list = find(tls, name);
  return list === null ? err("didn't find the specified filename\n") : entryRows(list, isNumbered);
}

function* listRows(names: readonly string[]): Rows {
  for (const name of names) yield `${singleLine(name)}\n`;
}

function* entryRows(list: CertificateList, isNumbered: boolean): Rows {
  yield `# ${singleLine(list.plan.name)}\n`;
  for (const { plan, line } of list.entries) {
    const what = isNumbered ? `${plan.certificate}:${line}` : plan.certificate;
    yield `${singleLine(plan.text === "" ? what : `${what} ${plan.text}`)}\n`;
  }
}

function add([name, path]: readonly string[], { info, tlsPayloads }: AdminSources, payload: string | null): Answer {
  const { tls } = info.proxy;
  if (name === undefined || (path === undefined && payload === null)) {
    return err("'add ssl crtlist' expects a filename and a certificate name\n");
  }
  const list = find(tls, name);
  if (list === null) return refuseEdit(`crt-list '${name}' does not exist!`);
  const source = payload === null ? (path ?? "") : payload.replace(/\n$/, "");
  if (source.includes("\n")) return refuseEdit("only one line of payload is supported!");
  const files = { authorities: tls.authorities.names(), revocations: tls.revocations.names() };
  const line = tlsPayloads.listLine(source, files);
  if ("refused" in line) return refuseEdit(line.refused);
  const complaint = complaintOf(line, list, tls);
  return complaint === null ? insert(line, list, tls) : refuseEdit(complaint);
}

function refuseEdit(why: string): Answer {
  return err(`Can't edit the crt-list: ${shown(why)}\n`);
}

/** Of several lines each by itself. */
function shown(text: string): string {
  return text.split("\n").map(singleLine).join("\n");
}

function complaintOf(
  { path, filters, hasOptions }: AddedLineView,
  list: CertificateList,
  tls: PublicTls,
): string | null {
  const { name, isFolder } = list.plan;
  if (isFolder && path.slice(0, Math.max(0, path.lastIndexOf("/"))) !== name) {
    return `'${name}' is a directory, certificate path '${path}' must contain the directory path`;
  }
  const parts = tls.certificates.get(path);
  if (parts === undefined) return `certificate '${path}' does not exist!`;
  if (parts === null) return `certificate '${path}' is empty!`;
  if (!isFolder) return null;
  if (list.entries.some(({ plan }) => plan.certificate === path)) return "file already exists in this directory!";
  const isPlain = !hasOptions && filters === null;
  return isPlain ? null : "this is a directory, SSL configuration and filters are not allowed";
}

/** A dot for each listener, as HAProxy shows its progress; nothing changes where one of them cannot take it. */
function insert(line: AddedLineView, list: CertificateList, tls: PublicTls): Answer {
  const { path: certificate, filters, text } = line;
  const entry = { certificate, filters, text, own: {}, list: list.plan.name, position: null };
  const terms = new Map<TlsListener["tls"], ReturnType<AddedLineView["termsFor"]>>();
  let said = `Inserting certificate '${singleLine(certificate)}' in crt-list '${singleLine(list.plan.name)}'`;
  for (const listener of tls.listenersOf(list.plan.name)) {
    said += ".";
    const own = line.termsFor(listener);
    const refused = "refused" in own ? own.refused : tls.complaint(listener, { ...entry, own });
    if (refused !== null) return `${said}\n${shown(refused)}\nFailed!\n`;
    terms.set(listener.tls, own);
  }
  list.add(entry, terms as Parameters<CertificateList["add"]>[1]);
  return `${said}\nSuccess!\n`;
}

function remove([name, asked]: readonly string[], tls: PublicTls): Answer {
  if (name === undefined || asked === undefined) {
    return err("'del ssl crtlist' expects a filename and a certificate name\n");
  }
  const list = find(tls, name);
  if (list === null) return refuseDelete(`crt-list '${name}' does not exist!`);
  const { certificate, line } = numbered(asked, tls);
  if (Number.isNaN(line)) return refuseDelete(`wrong line number after colons in '${asked}'!`);
  if (tls.certificates.get(certificate) === undefined) {
    return refuseDelete(`certificate '${certificate}' does not exist!`);
  }
  const found = list.entries.filter(({ plan }) => plan.certificate === certificate);
  const chosen = choose(found, line);
  if (typeof chosen === "string") {
    const missing = `certificate '${certificate}' can't be found in crt-list '${name}'!`;
    return refuseDelete(found.length === 0 ? missing : chosen.replace("%", () => `'${certificate}'`));
  }
  const places = [...tls.defaultsOf(list.plan.name, chosen)];
  if (places.length > 0) {
    const why = `certificate '${certificate}' cannot be deleted, it is used as default certificate by the following frontends:`;
    return refuseDelete(`${why}\n${places.map((place) => `\t- ${place}\n`).join("")}`, "\n");
  }
  list.remove(chosen);
  return notice(`Entry '${singleLine(certificate)}' deleted in crtlist '${singleLine(list.plan.name)}'!\n`);
}

function refuseDelete(why: string, tabs = ""): Answer {
  const lines = why
    .split("\n")
    .map((line) => (tabs !== "" && line.startsWith("\t") ? `\t${singleLine(line.slice(1))}` : singleLine(line)));
  return err(`Can't delete the entry: ${lines.join("\n")}\n`);
}

/** `CERT:LINE`, of a certificate that is not called so itself. Line null: none was given; NaN: it is none. */
function numbered(asked: string, tls: PublicTls): { readonly certificate: string; readonly line: number | null } {
  const colon = asked.lastIndexOf(":");
  if (colon < 0 || tls.certificates.get(asked) !== undefined) return { certificate: asked, line: null };
  const text = asked.slice(colon + 1);
  return { certificate: asked.slice(0, colon), line: /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN };
}

/** The entry that is meant, or why none is: `%` stands for the certificate. */
function choose(found: readonly ListEntry[], line: number | null): ListEntry | string {
  const lines = `(${found.map((one) => one.line).join(", ")})!`;
  if (line === null) {
    const [only, second] = found;
    if (only !== undefined && second === undefined) return only;
    return `found the certificate % in several entries, please specify a line number preceded by colons ${lines}`;
  }
  return (
    found.find((one) => one.line === line) ??
    `found a certificate % but the line number is incorrect, please specify a correct line number preceded by colons ${lines}`
  );
}
