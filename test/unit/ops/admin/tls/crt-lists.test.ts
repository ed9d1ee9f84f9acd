/** Lists of certificates that are changed by commands. Texts as HAProxy 2.6.12 gives them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { ServerContextOptions } from "../../../../../src/net/tls/secure.ts";
import { answerCommand } from "../../../../../src/ops/admin/commands.ts";
import type { AdminSession } from "../../../../../src/ops/admin/command.ts";
import { bindTls, certificate, entryPlan, tlsFiles } from "../../../proxy/tls/certificates.ts";
import { adminSources } from "../../admin-sources.ts";
import { stageTls } from "../../tls-stage.ts";

// Certificates are made by openssl.
setDefaultTimeout(60_000);

const list = ["a", "b"].map((name, at) => entryPlan(name, { list: "l", position: { file: "l", line: 2 * at + 1 } }));
const folder = [entryPlan("d/x", { list: "d" })];
const own = certificate("a", "a.test");

async function stage() {
  const named = ["a", "b", "c", "d/x", "d/y", "e/y"].map((name) => ({ ...own, name }));
  const lists = [
    { name: "l", isFolder: false, entries: list, lines: 4 },
    { name: "d", isFolder: true, entries: folder, lines: 0 },
  ];
  const listener = bindTls(list, { lists: ["l"], maxVersion: "TLSv1.2" });
  const made: ServerContextOptions[] = [];
  const { store, tls, process } = stageTls({
    files: { ...tlsFiles(...named), lists },
    binds: [listener, bindTls([...list, ...folder], { lists: ["l", "d"] })],
    engine: { serverContext: (options: ServerContextOptions) => ({ made: made.push(options) }) },
  });
  await process.open();
  store.certificates.create("empty");
  const sources = adminSources({ tls });
  const session: AdminSession = {
    level: "admin",
    severityOutput: "none",
    interactive: false,
    timeoutMs: 0,
    closing: false,
  };
  const ask = (text: string, payload: string | null = null): string =>
    [...answerCommand(text, sources, session, payload)].join("");
  const served = (): string[] => [...store.entriesOf(listener)].map((entry) => entry.certificate);
  return { store, listener, made, session, ask, served };
}

test("lists are shown, their certificates with and without the lines that they are on", async () => {
  const { ask } = await stage();
  expect([
    ask("show ssl crt-list"),
    ask("show ssl crt-list l"),
    ask("show ssl crt-list -n l"),
    ask("show ssl crt-list -n d/"),
    ask("show ssl crt-list -n"),
    ask("show ssl crt-list nosuch"),
  ]).toEqual([
    "d\nl\n",
    "# l\na a\nb b\n",
    "# l\na:1 a\nb:3 b\n",
    "# d\nd/x:0 d/x\n",
    "'show ssl crt-list -n' expects a filename or a directory\n",
    "didn't find the specified filename\n",
  ]);
});

test("what is added is served by every listener of the list, within its own terms", async () => {
  const { store, listener, made, ask, served } = await stage();
  const done = "Inserting certificate 'c' in crt-list 'l'..\nSuccess!\n";
  expect(ask("add ssl crt-list l c")).toBe(done);
  expect(ask("add ssl crt-list l", "c [alpn x,y ssl-min-ver TLSv1.2 verify optional ca-file a] C.test !*\n")).toBe(
    done,
  );
  expect(ask("show ssl crt-list -n l")).toContain(
    "c:5\nc:6 [alpn x,y verify optional ca-file a ssl-min-ver TLSv1.2] C.test !*\n",
  );
  expect(served()).toEqual(["a", "b", "c", "c"]);
  expect([...store.entriesOf(listener)].at(-1)).toMatchObject({
    filters: ["c.test", "!*"],
    own: { alpn: ["x", "y"], minVersion: "TLSv1.2", maxVersion: "TLSv1.2", verify: "optional", authorities: "a" },
  });
  expect(made.at(-2)).toMatchObject({ alpn: ["x", "y"], maxVersion: "TLSv1.2", verify: "optional" });
});

test("what cannot be added changes nothing", async () => {
  const { store, ask } = await stage();
  const edit = "Can't edit the crt-list: ";
  const refused: readonly (readonly [string, string | null, string])[] = [
    ["l", null, "'add ssl crtlist' expects a filename and a certificate name\n"],
    ["nosuch c", null, `${edit}crt-list 'nosuch' does not exist!\n`],
    ["l nosuch", null, `${edit}certificate 'nosuch' does not exist!\n`],
    ["l empty", null, `${edit}certificate 'empty' is empty!\n`],
    ["l", "#c\n", `${edit}certificate '#c' does not exist!\n`],
    ["l", "\n", `${edit}no certificate is named\n`],
    ["l", "c\nc\n", `${edit}only one line of payload is supported!\n`],
    ["l", "c [foo]\n", `${edit}parsing [CLI:1]: unknown ssl keyword foo\n`],
    ["l", "c [alpn]\n", `${edit}parsing [CLI:1]: ssl args out of '[]' for alpn\n`],
    ["l", "c [alpn x\n", `${edit}parsing [CLI:1]: missing ']'\n`],
    ["l", "c [ssl-min-ver foo]\n", `${edit}'foo' : unknown ssl/tls version\n`],
    ["l", "c [ca-file nosuch]\n", `${edit}'ca-file' : unable to load nosuch\n`],
    [
      "l",
      "c [verify required]\n",
      "Inserting certificate 'c' in crt-list 'l'.\nProxy 'f': verify is enabled but no CA file specified for bind ':443' at [h.cfg:12].\nFailed!\n",
    ],
    ["d", "d/x\n", `${edit}file already exists in this directory!\n`],
    ["d", "d/y [alpn x]\n", `${edit}this is a directory, SSL configuration and filters are not allowed\n`],
    ["d/ e/y", null, `${edit}'d' is a directory, certificate path 'e/y' must contain the directory path\n`],
  ];
  expect(refused.map(([words, payload]) => ask(`add ssl crt-list ${words}`, payload))).toEqual(
    refused.map(([, , answer]) => answer),
  );
  expect(store.version).toBe(0);
  expect(ask("add ssl crt-list d d/y")).toBe("Inserting certificate 'd/y' in crt-list 'd'.\nSuccess!\n");
  expect(ask("show ssl crt-list -n d")).toBe("# d\nd/x:0 d/x\nd/y:1\n");
});

test("an entry is deleted by its line, unless it is what is served where no name fits", async () => {
  const { ask, served } = await stage();
  ask("add ssl crt-list l b");
  const refuse = "Can't delete the entry: ";
  expect([
    ask("del ssl crt-list l"),
    ask("del ssl crt-list nosuch b"),
    ask("del ssl crt-list l nosuch"),
    ask("del ssl crt-list l c"),
    ask("del ssl crt-list l b"),
    ask("del ssl crt-list l b:4"),
    ask("del ssl crt-list l b:x"),
    ask("del ssl crt-list l a"),
    ask("del ssl crt-list l b:3"),
    ask("del ssl crt-list l b"),
    ask("del ssl crt-list l b"),
  ]).toEqual([
    "'del ssl crtlist' expects a filename and a certificate name\n",
    `${refuse}crt-list 'nosuch' does not exist!\n`,
    `${refuse}certificate 'nosuch' does not exist!\n`,
    `${refuse}certificate 'c' can't be found in crt-list 'l'!\n`,
    `${refuse}found the certificate 'b' in several entries, please specify a line number preceded by colons (3, 5)!\n`,
    `${refuse}found a certificate 'b' but the line number is incorrect, please specify a correct line number preceded by colons (3, 5)!\n`,
    `${refuse}wrong line number after colons in 'b:x'!\n`,
    `${refuse}certificate 'a' cannot be deleted, it is used as default certificate by the following frontends:\n\t- h.cfg:12\n\t- h.cfg:12\n\n`,
    "Entry 'b' deleted in crtlist 'l'!\n",
    "Entry 'b' deleted in crtlist 'l'!\n",
    `${refuse}certificate 'b' can't be found in crt-list 'l'!\n`,
  ]);
  expect(served()).toEqual(["a"]);
  expect(ask("del ssl cert b")).toBe("Certificate 'b' deleted!\n");
});

test("admin's rights are asked for, and what is not there is refused by name", async () => {
  const { session, ask } = await stage();
  expect([
    ask("show tls-keys"),
    ask("show tls-keys *"),
    ask("show tls-keys x"),
    ask("set ssl tls-key"),
    ask("set ssl tls-key #0 AAAA"),
    ask("show ssl ocsp-response"),
    ask("set ssl ocsp-response x"),
    ask("show ssl providers"),
  ]).toEqual([
    "# id (file)\n",
    "# id secret\n",
    "'show tls-keys' unable to locate referenced filename\n",
    "'set ssl tls-key' expects a filename and the new TLS key in base64 encoding.\n",
    "'set ssl tls-key' unable to locate referenced filename\n",
    "OCSP answers are not stapled.\n",
    "OCSP answers are not stapled.\n",
    "The runtime's TLS has no providers.\n",
  ]);
  session.level = "operator";
  const answers = ["show", "add", "del"].map((verb) => ask(`${verb} ssl crt-list l c`));
  expect(new Set([...answers, ask("set ssl tls-key #0 AAAA")])).toEqual(new Set(["Permission denied\n"]));
});
