/** Chromium without a screen, told what to do over the DevTools protocol. */
import { mkdirSync } from "node:fs";
import { commandPath, must, scratch, start, waitUntil } from "../e2e/harness.ts";

/** A page that is open. */
export interface Tab {
  /** Errors so far, of scripts, of the policy and of what could not be loaded. */
  readonly faults: string[];
  /** Opens an address, and waits until all of it is there. */
  open(url: string): Promise<void>;
  /** What an expression gives in the page; promises are waited for. */
  value<Value>(expression: string): Promise<Value>;
  /** Waits until an expression holds. */
  until(what: string, expression: string): Promise<void>;
  /** A phone's screen, in CSS pixels. */
  resize(width: number, height: number): Promise<void>;
  /** All of the page as a PNG, on a screen of this width, in CSS pixels. */
  picture(width: number): Promise<Buffer>;
  /** A key as a user strikes it; those with a name by it. */
  press(key: string): Promise<void>;
}

type Reply = Record<string, unknown>;

/** What a browser is to know of the world. */
export interface Surroundings {
  /** The file of a certificate that it trusts to sign others. */
  readonly authority?: string;
  /** Names that are on this machine. */
  readonly hosts?: readonly string[];
}

/** Starts a browser with one empty page, and ends it with the block. */
export async function startChromium({ authority, hosts = [] }: Surroundings = {}): Promise<AsyncDisposable & Tab> {
  const folder = scratch();
  const words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
  if (hosts.length > 0) words.push(`--host-resolver-rules=${hosts.map((name) => `MAP ${name} 127.0.0.1`).join(", ")}`);
  if (authority !== undefined) await trust(folder.path, authority);
  const running = start(
    [commandPath("chromium"), ...words, `--user-data-dir=${folder.path}`, "--remote-debugging-port=0", "about:blank"],
    { env: { HOME: folder.path } },
  );
  const line = await running.stderr.find(/DevTools listening on ws:/, 60_000);
  const socket = new WebSocket(/ws:\S+/.exec(line)?.[0] ?? "");
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  const tab = await openTab(socket);
  return Object.assign(tab, {
    async [Symbol.asyncDispose]() {
      socket.close();
      await running[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  });
}

/** Where Chromium looks for whom its user trusts. */
async function trust(home: string, authority: string): Promise<void> {
  const base = `${home}/.pki/nssdb`;
  mkdirSync(base, { recursive: true });
  await must(["certutil", "-d", `sql:${base}`, "-N", "--empty-password"]);
  await must(["certutil", "-d", `sql:${base}`, "-A", "-t", "C,,", "-n", "own", "-i", authority]);
}

async function openTab(socket: WebSocket): Promise<Tab> {
  const faults: string[] = [];
  const waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  let [last, loads, session] = [0, 0, undefined as string | undefined];
  const ask = (method: string, params: Reply = {}): Promise<Reply> =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      socket.send(
        JSON.stringify({ id: last, method, params, ...(session === undefined ? {} : { sessionId: session }) }),
      );
    });
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as {
      id?: number;
      method?: string;
      result?: Reply;
      error?: Reply;
      params?: Reply;
    };
    if (message.id !== undefined) {
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error === undefined) asked?.resolve(message.result ?? {});
      else asked?.reject(new Error(JSON.stringify(message.error)));
    } else if (message.method === "Page.loadEventFired") loads += 1;
    else if (isFault(message.method, message.params)) faults.push(JSON.stringify(message.params));
  });
  const { targetId } = await ask("Target.createTarget", { url: "about:blank" });
  session = (await ask("Target.attachToTarget", { targetId, flatten: true }))["sessionId"] as string;
  for (const domain of ["Page", "Runtime", "Log"]) await ask(`${domain}.enable`);
  const value = async <Value>(expression: string): Promise<Value> => {
    const { result, exceptionDetails } = await ask("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: Value }).value;
  };
  return {
    faults,
    async open(url) {
      const before = loads;
      const { errorText } = await ask("Page.navigate", { url });
      if (errorText !== undefined) throw new Error(`${url}: ${String(errorText)}`);
      await waitUntil(`${url} is loaded`, () => loads > before);
    },
    value,
    async until(what, expression) {
      await waitUntil(what, () => value<boolean>(expression));
    },
    async resize(width, height) {
      await ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: true });
    },
    async picture(width) {
      const screen = { deviceScaleFactor: 1, mobile: false };
      await ask("Emulation.setDeviceMetricsOverride", { width, height: 600, ...screen });
      const height = await value<number>("document.documentElement.scrollHeight");
      await ask("Emulation.setDeviceMetricsOverride", { width, height, ...screen });
      const { data } = await ask("Page.captureScreenshot", { format: "png" });
      return Buffer.from(data as string, "base64");
    },
    async press(key) {
      const text = key === "Enter" ? "\r" : key;
      await ask("Input.dispatchKeyEvent", {
        type: "keyDown",
        key,
        text,
        windowsVirtualKeyCode: key === "Enter" ? 13 : 0,
      });
      await ask("Input.dispatchKeyEvent", { type: "keyUp", key });
    },
  };
}

function isFault(method: string | undefined, params: Reply | undefined): boolean {
  if (method === "Runtime.exceptionThrown") return true;
  if (method === "Runtime.consoleAPICalled") return params?.["type"] === "error" || params?.["type"] === "warning";
  return (
    method === "Log.entryAdded" && /error|warning/.test(String((params?.["entry"] as Reply | undefined)?.["level"]))
  );
}
