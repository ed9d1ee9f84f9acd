/** `fairlead init`: asks where clients come in and where the servers are, and writes a configuration that does it. */
import { wrongListen, wrongServer } from "../forward.ts";
import type { Terminal } from "../terminal.ts";
import { initText } from "./text.ts";

/** What the command line says; null: it is to be asked for. */
export interface InitWish {
  readonly listen: string | null;
  readonly servers: readonly string[] | null;
  readonly out: string;
  /** The stats socket's path; null: where one usually is. */
  readonly socket: string | null;
  readonly force: boolean;
  /** Nothing is asked: what is not said is as usual. */
  readonly yes: boolean;
}

/** What it needs of the world. */
export interface InitScene {
  readonly terminal: Pick<Terminal, "print" | "alert">;
  /** Shows a question and takes the line that is typed, null at the end of input; null: nobody is there to be asked. */
  readonly ask: ((question: string) => Promise<string | null>) | null;
  readonly exists: (path: string) => boolean;
  /** Whether `-c` accepts it; otherwise it has told why not. */
  readonly accepts: (name: string, text: string) => Promise<boolean>;
  /** Writes it whole or not at all; throws the system's error. `replace`: whatever is there. */
  readonly write: (path: string, text: string, replace: boolean) => void;
  readonly isRoot: boolean;
  /** The folder of a file, whole. */
  readonly folderOf: (path: string) => string;
}

/** What is wrong with the words of the command line, or null. */
export function wrongInit({ listen, servers, socket, out }: InitWish): string | null {
  const wrongIn = listen === null ? null : wrongListen(listen);
  if (wrongIn !== null) return `'--listen': ${wrongIn}`;
  const wrongTo = (servers ?? []).map(wrongServer).find((one) => one !== null) ?? null;
  if (wrongTo !== null) return `'--server': ${wrongTo}`;
  if (socket !== null && wrongSocket(socket) !== null) return `'--socket': ${wrongSocket(socket)}`;
  return /\p{Cc}/u.test(out) ? "'--out': a path without control characters is expected" : null;
}

/** The system's limit is 108 bytes, with the zero behind; a file beside it is there for a moment. */
const longestSocket = 90;

function wrongSocket(path: string): string | null {
  if (!/^\/[\w./@+-]+$/.test(path)) return "expects a whole path of plain letters, like /run/fairlead.sock";
  return path.length > longestSocket ? `a socket's path may have ${longestSocket} characters` : null;
}

/** Asks, writes and says what comes next; the exit code. */
export async function initialise(wish: InitWish, scene: InitScene): Promise<number> {
  const { terminal } = scene;
  if (!wish.force && scene.exists(wish.out)) {
    terminal.alert(`${wish.out} is there already: --force replaces it, --out FILE writes another`);
    return 1;
  }
  const answers = await answersOf(wish, scene);
  if (typeof answers === "string") {
    terminal.alert(answers);
    return 1;
  }
  const socket = wish.socket ?? usualSocket(wish.out, scene);
  if (wrongSocket(socket) !== null) {
    terminal.alert(`the stats socket cannot be ${socket}: say where it may be, --socket PATH`);
    return 1;
  }
  const text = initText({ ...answers, socket, file: wish.out });
  if (!(await scene.accepts(wish.out, text))) return 1;
  try {
    scene.write(wish.out, text, wish.force);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "it has come meanwhile; --force replaces it" : message;
    terminal.alert(`${wish.out} cannot be written: ${why}`);
    return 1;
  }
  terminal.print(ending(wish, answers));
  return 0;
}

interface Answers {
  readonly listen: string;
  readonly servers: readonly string[];
}

async function answersOf({ listen, servers, yes }: InitWish, { ask, terminal }: InitScene): Promise<Answers | string> {
  const asks = yes ? null : ask;
  const missing = [
    ...(listen === null && !yes ? ["--listen PORT"] : []),
    ...(servers === null ? ["--server HOST:PORT"] : []),
  ];
  if (asks === null)
    return missing.length === 0 ? { listen: listen ?? usualListen, servers: servers ?? [] } : missingText(missing, yes);
  const from = listen ?? (await answerTo(listenQuestion, takeListen, asks, terminal));
  if (from === null) return missingText(missing, false);
  const to = servers ?? (await answerTo(serversQuestion, takeServers, asks, terminal));
  return to === null ? missingText(["--server HOST:PORT"], false) : { listen: from, servers: to };
}

function missingText(missing: readonly string[], yes: boolean): string {
  const what = missing.join(" and ");
  return yes ? `what has no usual answer must be said: ${what}` : `nobody answers here: say ${what}`;
}

const usualListen = "22";
const listenQuestion = `Where do clients come in? A port, or ADDRESS:PORT [${usualListen}]: `;
const serversQuestion = "Where are the servers? HOST:PORT, several separated by spaces: ";

/** What was understood, or what is wrong with it. */
type Taken<Value> = { readonly value: Value } | { readonly wrong: string };

function takeListen(text: string): Taken<string> {
  const value = text || usualListen;
  const wrong = wrongListen(value);
  return wrong === null ? { value } : { wrong };
}

function takeServers(text: string): Taken<readonly string[]> {
  const value = text.split(/[\s,]+/).filter(Boolean);
  if (value.length === 0) return { wrong: "at least one is needed" };
  const wrong = value.map(wrongServer).find((one) => one !== null) ?? null;
  return wrong === null ? { value } : { wrong };
}

const mostTries = 5;

/** Asks until it is answered; null: it never is. */
async function answerTo<Value>(
  question: string,
  take: (text: string) => Taken<Value>,
  ask: (question: string) => Promise<string | null>,
  { print }: Pick<Terminal, "print">,
): Promise<Value | null> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const text = await ask(question);
    if (text === null) return null;
    const taken = take(text.trim());
    if ("value" in taken) return taken.value;
    print(`  ${taken.wrong}\n`);
  }
  return null;
}

/** What the installed service runs; its unit makes the socket's folder. */
const serviceFile = "/etc/fairlead/fairlead.cfg";

/** Where the process will be able to make it. */
function usualSocket(out: string, { isRoot, folderOf }: InitScene): string {
  if (out === serviceFile) return "/run/fairlead/admin.sock";
  if (isRoot) return "/run/fairlead.sock";
  return `${folderOf(out).replace(/\/$/, "")}/fairlead.sock`;
}

function ending({ out }: InitWish, { listen, servers }: Answers): string {
  const run = out === serviceFile ? "systemctl enable --now fairlead" : `fairlead -W -f ${shellWord(out)}`;
  return `${out} forwards ${listen} to ${servers.join(", ")}. Next:\n  fairlead -c -f ${shellWord(out)}\n  ${run}\n`;
}

function shellWord(text: string): string {
  return /^[\w./@+,:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
