/** The recipes of TLS as they are written, but for ports and paths: the web and SSH of one site, SSH inside TLS, both on one port, renewal. */
import { expect, setDefaultTimeout } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificate } from "../certificates.ts";
import { type Forwarder, isHaproxy, startForwarder } from "./forwarder.ts";
import { repositories, type Site, startSite } from "./git-site.ts";
import { environment, freePort, must, run, scratch, testWith } from "./harness.ts";
import { type Sshd, sshThrough, startSshd, user } from "./sshd.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const root = join(import.meta.dir, "../..");
const authority = certificate({ subject: "/CN=Recipes CA", isCa: true });
const name = "bitbucket.mycompany.com";
const web = certificate({ subject: `/CN=${name}`, names: `DNS:${name}`, issuer: authority });

/** Blocks between fences of a document. */
function blocks(file: string): string[] {
  return [...readFileSync(join(root, file), "utf8").matchAll(/^```\n([^]*?)^```$/gm)].map(([, text = ""]) => text);
}

/** The one block with these words in it. */
function block(file: string, words: string): string {
  const found = blocks(file).filter((text) => text.includes(words));
  expect([file, words, found.length]).toEqual([file, words, 1]);
  return found[0] as string;
}

/** Puts other words in the place of each: all of them must be there. */
function placed(text: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((written, [from, to]) => {
    expect([from, written.includes(from)]).toEqual([from, true]);
    return written.replaceAll(from, to);
  }, text);
}

/** `curl` that trusts the authority and finds the site's name where the recipe listens. */
function curl(https: number, ...words: readonly string[]): string[] {
  const trust = ["--cacert", authority.certificateFile, "--connect-to", `${name}:443:127.0.0.1:${https}`];
  return ["curl", "-sS", "-m", "10", ...trust, ...words];
}

/** git over HTTPS: pushes what a repository has, clones it, and compares. */
async function pushAndClone(folder: string, https: number, more: readonly string[]): Promise<void> {
  const git = await repositories(folder);
  const url = `https://${name}:${https}/origin.git`;
  const resolve = ["-c", `http.curloptResolve=${name}:${https}:127.0.0.1`];
  const over = [...resolve, "-c", `http.sslCAInfo=${authority.certificateFile}`, ...more];
  writeFileSync(join(folder, "work/file"), "x".repeat(1024 * 1024));
  await git("-C", "work", "add", ".");
  await git("-C", "work", "commit", "-q", "-m", "One");
  await git("-C", "work", ...over, "push", "-q", url, "main");
  await git(...over, "clone", "-q", url, "copy");
  expect(await git("-C", "copy", "rev-parse", "HEAD")).toBe(await git("-C", "work", "rev-parse", "HEAD"));
}

/** The front of a whole site, and what is behind it. */
interface Front extends AsyncDisposable {
  readonly forwarder: Forwarder;
  readonly sshd: Sshd;
  readonly site: Site;
  readonly folder: string;
  readonly ssh: number;
  readonly http: number;
  readonly https: number;
}

/** Runs a recipe before a real sshd and a real site. `edit`: further words in other places. */
async function startFront(recipe: string, edit: Readonly<Record<string, string>> = {}): Promise<Front> {
  const open = new AsyncDisposableStack();
  const folder = open.use(scratch());
  const sshd = open.use(await startSshd());
  const site = open.use(await startSite(folder.path));
  const [ssh, http, https] = [await freePort(), await freePort(), await freePort()];
  const pem = folder.file("bitbucket.pem");
  copyFileSync(web.bothFile, pem);
  const text = placed(recipe, {
    "*:22": `127.0.0.1:${ssh}`,
    "*:80": `127.0.0.1:${http}`,
    "*:443": `127.0.0.1:${https}`,
    "127.0.0.1:7999": `127.0.0.1:${sshd.port}`,
    "127.0.0.1:7990": `127.0.0.1:${site.port}`,
    "/etc/fairlead/bitbucket.pem": pem,
    "/run/fairlead.sock": folder.file("socket"),
    // HAProxy does not start where fewer descriptors are granted.
    ...(isHaproxy ? { "maxconn 10000": "maxconn 1000" } : {}),
    ...edit,
  });
  const forwarder = open.use(await startForwarder(text, { whole: true }));
  return {
    forwarder,
    sshd,
    site,
    folder: folder.path,
    ssh,
    http,
    https,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const needs = ["git", "nginx", "fcgiwrap", "curl", "openssl", "sshd", "ssh"];

/** What both forms of the recipe must do. */
async function expectSite({ forwarder, sshd, folder, ssh, http, https }: Front): Promise<void> {
  expect(await sshThrough(sshd, "127.0.0.1", ssh, "echo over ssh")).toBe("over ssh\n");
  const redirect = await must(["curl", "-sS", "-m", "10", "-i", "-H", `Host: ${name}`, `http://127.0.0.1:${http}/a?b`]);
  expect(redirect).toStartWith("HTTP/1.1 301 ");
  expect(redirect).toContain(`\r\nlocation: https://${name}/a?b\r\n`);
  expect(redirect.toLowerCase()).not.toContain("strict-transport-security");
  const answer = await must(curl(https, "-i", `https://${name}/`));
  expect(answer.toLowerCase()).toContain("\r\nstrict-transport-security: max-age=31536000\r\n");
  await pushAndClone(folder, https, []);
  await forwarder.line(/ web~ bitbucket\/bitbucket-web .*"POST \/origin.git\/git-receive-pack/);
}

testWith(needs, "the README's web over TLS, behind the sections for SSH", async () => {
  const recipe = blocks("README.md").find((text) => text.startsWith("global\n")) ?? "";
  const part = block("README.md", "ssl crt");
  await using front = await startFront(`${recipe}\n${part}`);
  await expectSite(front);
});

testWith(needs, "the whole site in one file: SSH, git over HTTPS, and who is not asked for", async () => {
  await using front = await startFront(block("dist/doc/tls.md", "bind *:22"));
  await expectSite(front);
  await front.forwarder.expectQuiet(1);
});

testWith(needs, "git pushes and clones with a certificate of its own, and nobody does without", async () => {
  const client = certificate({ subject: "/CN=alice", issuer: authority, isClient: true });
  const recipe = block("dist/doc/tls.md", "bind *:22");
  const asks = { "alpn http/1.1": `alpn http/1.1 ca-file ${authority.certificateFile} verify required` };
  await using front = await startFront(recipe, asks);
  const own = ["-c", `http.sslCert=${client.certificateFile}`, "-c", `http.sslKey=${client.keyFile}`];
  await pushAndClone(front.folder, front.https, own);
  const refused = await run(curl(front.https, `https://${name}/`));
  expect([refused.code === 0, refused.stdout]).toEqual([false, ""]);
});

testWith(["openssl", "sshd", "ssh"], "SSH inside TLS goes to the sshd that its name stands for", async () => {
  using folder = scratch();
  await using bitbucket = await startSshd();
  await using gitlab = await startSshd();
  await using bastion = await startSshd();
  const port = await freePort();
  const text = placed(block("dist/doc/tls.md", "frontend ssh-in-tls"), {
    "*:443": `127.0.0.1:${port}`,
    "/etc/fairlead/ssh.pem": web.bothFile,
    "192.0.2.10:7999": `127.0.0.1:${bitbucket.port}`,
    "192.0.2.11:22": `127.0.0.1:${gitlab.port}`,
    "192.0.2.12:22": `127.0.0.1:${bastion.port}`,
  });
  await using forwarder = await startForwarder(text, { whole: true });
  const config = folder.file("config");
  const proxied = placed(block("dist/doc/tls.md", "ProxyCommand"), { "%h:443": `127.0.0.1:${port}` });
  await Promise.all(
    Object.entries({ bitbucket, gitlab, bastion }).map(async ([server, sshd]) => {
      // All that it would find of its own user's is given to it, but for the way.
      writeFileSync(`${config}-${server}`, proxied);
      const words = sshd.options.map((word) => (word === "/dev/null" ? `${config}-${server}` : word));
      const said = await must(["ssh", ...words, `${user}@${server}.mycompany.com`, "echo $SSH_CONNECTION"]);
      expect([server, said.trim().split(" ")[3]]).toEqual([server, String(sshd.port)]);
      await forwarder.line(new RegExp(` ssh-in-tls~ ${server}/${server} `));
    }),
  );
  await forwarder.expectQuiet();
});

testWith(["curl", "openssl", "nginx", "fcgiwrap", "git", "sshd", "ssh"], "one port speaks SSH and TLS", async () => {
  using folder = scratch();
  await using sshd = await startSshd();
  await using site = await startSite(folder.path);
  const port = await freePort();
  const text = placed(block("dist/doc/tls.md", "frontend both"), {
    "*:443": `127.0.0.1:${port}`,
    "127.0.0.1:7999": `127.0.0.1:${sshd.port}`,
    "127.0.0.1:7990": `127.0.0.1:${site.port}`,
    "/etc/fairlead/bitbucket.pem": web.bothFile,
    "abns@fairlead-web": `abns@fairlead-web-${port}`,
  });
  await using forwarder = await startForwarder(text, { whole: true });
  expect(await sshThrough(sshd, "127.0.0.1", port, "echo in the clear")).toBe("in the clear\n");
  await pushAndClone(folder.path, port, []);
  await forwarder.line(/127\.0\.0\.1:\d+ .* web~ bitbucket\/bitbucket-web .*git-receive-pack/);
});

for (const way of ["reload", "socket"] as const)
  testWith([...needs, way === "socket" ? "socat" : "fairlead"], `what certbot runs renews by ${way}`, async () => {
    await using front = await startFront(block("dist/doc/tls.md", "bind *:22"));
    const served = (): Promise<string> =>
      must(curl(front.https, "-o", "/dev/null", "-w", "%{certs}", `https://${name}/`));
    const renewed = certificate({ subject: `/CN=${name}/O=Renewed`, names: `DNS:${name}`, issuer: authority });
    const lineage = join(front.folder, "live");
    mkdirSync(lineage);
    // With an empty line between two certificates, as some authorities write their chains.
    writeFileSync(join(lineage, "fullchain.pem"), `${renewed.certificate}\n${authority.certificate}`);
    copyFileSync(renewed.keyFile, join(lineage, "privkey.pem"));
    const script = placed(block("dist/doc/tls.md", way === "reload" ? "systemctl reload" : "commit ssl cert"), {
      "/etc/fairlead/bitbucket.pem": join(front.folder, "bitbucket.pem"),
      ...(way === "reload"
        ? { "systemctl reload fairlead": `kill -USR2 ${front.forwarder.pid}` }
        : { "/run/fairlead.sock": join(front.folder, "socket") }),
    });
    const hook = join(front.folder, "hook");
    writeFileSync(hook, script);
    chmodSync(hook, 0o755);
    expect(await served()).not.toContain("Renewed");
    const said = await must([hook], { env: { ...environment, RENEWED_LINEAGE: lineage } });
    if (way === "socket") expect(said).toContain("Success!");
    for (let left = 100; left > 0 && !(await served()).includes("Renewed"); left--) await Bun.sleep(50);
    expect(await served()).toContain("Renewed");
  });
