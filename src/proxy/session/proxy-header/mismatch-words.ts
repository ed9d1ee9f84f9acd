/** Says in words what is set wrongly about PROXY headers, where, and what to write instead. */
import type { SessionContext } from "../context/session-context.ts";
import type { Server } from "../../backend/server.ts";
import type { HeaderMismatch } from "../../process/header-mismatches.ts";

type AtServer = Extract<HeaderMismatch, "refused" | "ended" | "silent">;
type AtBind = Extract<HeaderMismatch, "unexpected" | "missing">;

const atBind: Readonly<Record<AtBind, string>> = {
  unexpected:
    "clients send a PROXY header that is not expected here and goes on to the server: write accept-proxy on the bind line, or have what stands in front send none",
  missing:
    "SSH clients come without the PROXY header that is expected here: take accept-proxy off the bind line, or have what stands in front send one",
};

/** What is told of a server in the log and on the status page. `sent`: the option that has it sent headers. */
export function serverWords(mismatch: AtServer, sent: string): string {
  switch (mismatch) {
    case "refused":
      return `${sent} is on, but this server does not speak PROXY: take it off the server line, or turn PROXY on in the server`;
    case "ended":
      return `${sent} is on, and this server ends SSH sessions before keys are exchanged: it may not speak PROXY, or not this version of it, or not with this address; take it off the server line, or turn PROXY on in the server`;
    case "silent":
      return "it says nothing to SSH clients: it may only be slow; if it waits for a PROXY header, write send-proxy or send-proxy-v2 on the server line";
  }
}

/** Notes one at a server, and tells it unless that was done a moment ago. */
export function noteAtServer({ front }: SessionContext, server: Server, mismatch: AtServer): void {
  const words = serverWords(mismatch, server.plan.proxyHeader?.version === 1 ? "send-proxy" : "send-proxy-v2");
  const [backend, name] = [server.backend.plan.name, server.name === "" ? "<NOSRV>" : server.name];
  server.headersMisfit(words);
  if (!front.process.headerMismatches.note("server", backend, name, mismatch)) return;
  const { name: proxy, logs } = front.plan;
  front.process.emit({ type: "header-mismatch", proxy, logs, text: `Server ${backend}/${name}: ${words}.` });
}

/** The same at a bind line. What comes without a header where others have sent theirs of late is a stray, and only counted. */
export function noteAtBind({ front, listener }: SessionContext, mismatch: AtBind): void {
  const { process, plan } = front;
  const isDue = process.headerMismatches.note(
    "listener",
    plan.name,
    listener.plan.name ?? `sock-${listener.id}`,
    mismatch,
  );
  if (mismatch === "missing" && listener.hasHeadersOfLate) return;
  const words = atBind[mismatch];
  listener.hint = words;
  if (!isDue) return;
  const text = `Bind line ${listener.plan.text} of ${plan.name}: ${words}.`;
  process.emit({ type: "header-mismatch", proxy: plan.name, logs: plan.logs, text });
}
