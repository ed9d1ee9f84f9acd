/** Who is measured: every forwarder, and how it is started. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificate } from "./certificate.ts";
import { startChild } from "./child.ts";
import { configuration, type Ends, isOfHttp, nginxConfiguration, type Use, type Variant } from "./configuration.ts";
import { limitProgram } from "./load.ts";
import { searchPath, versionTexts } from "./machine.ts";
import type { Ground } from "./namespace.ts";

/** A forwarder that may be started any number of times. */
export interface Forwarder {
  readonly name: string;
  /** Sessions cost it a process or two threads each: it takes no part where there are thousands. */
  readonly isProcessPerSession: boolean;
  /** The command that listens, once its file is written; null for the direct way, which needs nobody. */
  command(ends: Omit<Ends, "certificate">, use: Use): readonly string[] | null;
}

/** A forwarder that runs. */
export interface Running {
  readonly name: string;
  /** Where it listens. */
  readonly address: string;
  /** 0 for the direct way. */
  readonly pid: number;
  end(): Promise<void>;
}

/** The one that ratios are to. */
export const peerName = "haproxy";

const binaries = join(import.meta.dir, "../../dist/bin");

/** All that can be started here, those that cannot with the reason, and the programs with their versions. */
export interface Found {
  readonly found: readonly Forwarder[];
  readonly missing: readonly string[];
  readonly programs: readonly string[];
}

/** One that may be missing: `command` is null then, and `lacks` says why. */
interface Candidate {
  readonly name: string;
  readonly command: ((ends: Ends, use: Use) => readonly string[]) | null;
  readonly lacks: string;
}

const absent = "not on this machine";

/** Looks for all of them; `folder` takes the files that they read. */
export async function findForwarders(folder: string): Promise<Found> {
  const limit = await limitProgram(folder);
  const certificate = makeCertificate(folder);
  const candidates: Candidate[] = [
    { name: "direct", command: () => [], lacks: "" },
    { name: "C limit", command: ({ listen, server }) => [limit, listen, server], lacks: "" },
    ...ownCandidates(folder),
    ...peerCandidates(folder),
  ];
  const found = candidates.flatMap(({ name, command }) =>
    command === null
      ? []
      : [
          {
            name,
            isProcessPerSession: name === "socat" || name === "C limit",
            command: (ends: Omit<Ends, "certificate">, use: Use) =>
              name === "direct" ? null : command({ ...ends, certificate }, use),
          },
        ],
  );
  const missing = candidates.flatMap(({ name, command, lacks }) => (command === null ? [`${name} (${lacks})`] : []));
  const programs = versionTexts([
    [join(binaries, "fairlead"), "-v"],
    ["haproxy", "-v"],
    ["nginx", "-v"],
    ["socat", "-V"],
    ["node", "-v"],
    [denoProgram() ?? "deno", "-V"],
  ]);
  return { found, missing, programs };
}

/** The command of a program of HAProxy's language; null where a word of it is missing. */
function language(folder: string, program: readonly (string | null)[], variant: Variant, ...more: string[]) {
  const words = program.filter((word) => word !== null);
  if (words.length < program.length) return null;
  return (ends: Ends, use: Use): readonly string[] => {
    const file = join(folder, `${portOf(ends.listen)}.cfg`);
    writeFileSync(file, configuration(ends, use, variant));
    return [...words, "-f", file, "-db", ...more];
  };
}

function ownCandidates(folder: string): Candidate[] {
  const fairlead = existing(join(binaries, "fairlead"));
  const bundle = existing(join(binaries, "fairlead.mjs"));
  const [node, deno] = [onPath("node"), denoProgram()];
  const own = (variant: Variant, ...program: readonly (string | null)[]) =>
    language(folder, program, variant, "--health", "off");
  const heeding = (word: string): Candidate => ({
    name: `fairlead ${word}`,
    command: fairlead !== null && heeds(fairlead, word, folder) ? own({ global: [word] }, fairlead) : null,
    lacks: `this build does not heed ${word}`,
  });
  const noBundle = "no bundle: make portable";
  return [
    { name: "fairlead", command: own({}, fairlead), lacks: "not built" },
    heeding("nosplice"),
    heeding("noepoll"),
    { name: "fairlead splice", command: own({ listen: ["option splice-auto"] }, fairlead), lacks: "not built" },
    { name: "fairlead ssh", command: own({ listen: ["option ssh"] }, fairlead), lacks: "not built" },
    { name: "fairlead node", command: own({}, node, bundle), lacks: node === null ? absent : noBundle },
    { name: "fairlead deno", command: own({}, deno, "run", "-A", bundle), lacks: deno === null ? absent : noBundle },
  ];
}

function peerCandidates(folder: string): Candidate[] {
  const [haproxy, nginx, socat] = [onPath("haproxy"), onPath("nginx"), onPath("socat")];
  const peer = (name: string, variant: Variant): Candidate => ({
    name,
    command: language(folder, [haproxy], variant),
    lacks: absent,
  });
  const stream = nginx === null ? null : nginxStream(nginx);
  const nginxCommand = (ends: Ends): readonly string[] => {
    const name = join(folder, portOf(ends.listen));
    writeFileSync(`${name}.conf`, nginxConfiguration(ends, stream ?? "", name));
    return [nginx ?? "", "-p", folder, "-e", "stderr", "-c", `${name}.conf`];
  };
  const socatCommand = ({ listen, server }: Ends): readonly string[] => {
    const [host, port] = listen.split(":");
    const options = "reuseaddr,fork,backlog=1024,nodelay";
    return [socat ?? "", `TCP4-LISTEN:${port},bind=${host},${options}`, `TCP4:${server},nodelay`];
  };
  return [
    peer(peerName, {}),
    peer("haproxy 1 thread", { global: ["nbthread 1"] }),
    peer("haproxy splice", { listen: ["option splice-auto"] }),
    { name: "nginx", command: stream === null ? null : nginxCommand, lacks: absent },
    { name: "socat", command: socat === null ? null : socatCommand, lacks: absent },
  ];
}

/** Starts one; it listens when this resolves. */
export async function startForwarder(forwarder: Forwarder, ground: Ground, use: Use = "plain"): Promise<Running> {
  const { name } = forwarder;
  const { load } = ground;
  const address = `${ground.address}:${freePort()}`;
  const server = isOfHttp(use) ? load.httpServer : use === "ssh" ? load.sshServer : load.server;
  const command = forwarder.command({ listen: address, server }, use);
  if (command === null) return { name, address: server, pid: 0, end: async () => {} };
  const child = await startChild(command, false);
  await listening(name, ground.address, Number(portOf(address)));
  return { name, address, pid: child.pid, end: () => child.end("signal") };
}

/** A port that was free a moment ago, for programs that cannot say which one the kernel gave them. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data: () => undefined } });
  const { port } = listener;
  listener.stop();
  return port;
}

/** The last word of HOST:PORT. */
export function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}

async function listening(name: string, hostname: string, port: number): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    try {
      (await Bun.connect({ hostname, port, socket: { data: () => undefined } })).terminate();
      return;
    } catch {
      await Bun.sleep(20);
    }
  }
  throw new Error(`${name} does not listen after twenty seconds`);
}

function onPath(name: string): string | null {
  return Bun.which(name, { PATH: searchPath });
}

function existing(path: string): string | null {
  return existsSync(path) ? path : null;
}

/** Deno, as npm brought it. */
function denoProgram(): string | null {
  const all = join(import.meta.dir, "../../node_modules/@deno");
  if (!existsSync(all)) return null;
  return (
    readdirSync(all)
      .map((name) => join(all, name, "deno"))
      .find(existsSync) ?? null
  );
}

/** Whether a word of `global` changes anything: one that is only known is told of by -V. */
function heeds(program: string, word: string, folder: string): boolean {
  const file = join(folder, `${word}.cfg`);
  const ends = { listen: `127.0.0.1:${freePort()}`, server: "127.0.0.1:1", certificate: "" };
  writeFileSync(file, configuration(ends, "plain", { global: [word] }));
  const { exitCode, stdout, stderr } = Bun.spawnSync([program, "-c", "-V", "-f", file]);
  return exitCode === 0 && !`${stdout.toString()}${stderr.toString()}`.includes(`'${word}' has no effect`);
}

/** The line that gives nginx its stream module: none where it is built in, null where it is missing. */
function nginxStream(program: string): string | null {
  const module = "/usr/lib/nginx/modules/ngx_stream_module.so";
  if (existsSync(module)) return `load_module ${module};\n`;
  return Bun.spawnSync([program, "-V"]).stderr.toString().includes("--with-stream ") ? "" : null;
}
