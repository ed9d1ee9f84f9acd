/** What is to be said of servers' answers. */
import type { ConfigurationFile } from "../../config/text/files.ts";
import { busyTexts } from "../../ssh/probe/conversation.ts";
import { isLoopback } from "../../address.ts";
import type { Answer } from "./answers.ts";
import type { Header } from "./asking.ts";
import { shellWord } from "./machine/rights.ts";
import { type Finding, lineText } from "./finding.ts";

function isReached({ state }: Answer): boolean {
  return state !== "unreached" && state !== "unresolved" && state !== "late";
}

/** Of every server that is not as its line has it. */
export function examineAnswers(answers: readonly Answer[], files: readonly ConfigurationFile[]): readonly Finding[] {
  const late = answers.filter(({ state }) => state === "late");
  const found = answers.flatMap((answer) => {
    const hasOther = answers.some((one) => one.backend === answer.backend && isReached(one));
    return findingsOf(answer, hasOther, lineText(files, answer.server.position) ?? `server ${answer.server.name}`);
  });
  return [...found, ...notAsked(late)];
}

/** In a large file they may be many. */
function notAsked([first, ...others]: readonly Answer[]): readonly Finding[] {
  if (first === undefined) return [];
  const { position } = first.server;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const what = `there was no time left to ask server '${first.backend.name}/${first.server.name}'${more}`;
  const fix = `$ fairlead doctor -f ${shellWord(position.file)} --timeout 60s`;
  return [{ severity: "warning", id: "no-time", what, position, fix }];
}

function findingsOf(answer: Answer, hasOther: boolean, line: string): readonly Finding[] {
  const { backend, server, place, state, failure } = answer;
  const { position } = server;
  const name = `server '${backend.name}/${server.name}'`;
  const one = (severity: Finding["severity"], id: string, what: string, fix: string | null): readonly Finding[] => [
    { severity, id, what: `${name}: ${what}`, position, fix },
  ];
  switch (state) {
    case "unresolved": {
      const isNeeded = !server.initAddr.includes("none");
      const what = `${server.text} has no address${isNeeded ? ", so the process does not start" : ""}`;
      return one(
        isNeeded ? "error" : "warning",
        "name-unresolved",
        what,
        isNeeded ? `${line} init-addr last,libc,none` : null,
      );
    }
    case "unreached":
      return one(
        hasOther ? "warning" : "error",
        "server-unreached",
        `${place} is not reached: ${failure}`,
        connectCommand(answer),
      );
    case "late":
      return [];
    case "other-header":
      return one("error", "proxy-header", headerText(answer), withHeader(line, answer.header, answer.works ?? "none"));
    case "silent":
      if (!answer.isSshExpected) return [];
      if (busyTexts.has(failure ?? "")) return one("warning", "server-busy", `${place}: ${failure}`, null);
      return one(
        hasOther && backend.servers.length > 1 ? "warning" : "error",
        "not-ssh",
        `SSH is expected at ${place}: ${failure}`,
        `$ fairlead probe ${place}`,
      );
    case "ssh":
      if (backend.mode === "http")
        return one(
          "error",
          "ssh-in-http",
          `an SSH server answers at ${place}, and '${backend.name}' is in mode http`,
          "mode tcp",
        );
      if (server.usesTls)
        return one(
          "error",
          "ssh-not-tls",
          `an SSH server answers at ${place} in clear text, and its line says 'ssl'`,
          without(line, /^ssl$/),
        );
      return hints(answer, name);
  }
}

/** What is worth knowing of servers that are right. */
function hints({ header, address, server }: Answer, name: string): readonly Finding[] {
  if (header === "none" || address?.kind !== "tcp" || isLoopback(address.host)) return [];
  const what = `${name} trusts whoever reaches ${address.host}:${address.port} to name the client: let nobody reach it but this machine`;
  return [{ severity: "note", id: "proxy-trust", what, position: server.position, fix: null }];
}

function headerText({ place, header, works }: Answer): string {
  if (works === "none")
    return `it is sent a PROXY header, and ${place} does not expect one: it answers as SSH only without`;
  if (header === "none")
    return `${place} answers as SSH only behind a PROXY header of version ${works === "v1" ? 1 : 2}`;
  return `it is sent a PROXY header of version ${header === "v1" ? 1 : 2}, and ${place} only takes version ${works === "v1" ? 1 : 2}`;
}

/** The line with another header asked for. */
function withHeader(line: string, now: Header, then: Header): string {
  const option = then === "v1" ? " send-proxy" : then === "v2" ? " send-proxy-v2" : "";
  const bare = without(line, /^send-proxy(?:-v2(?:-ssl(?:-cn)?)?)?$/);
  // It may come from a `default-server`.
  if (option === "" && bare === line && now !== "none")
    return `${line} ${now === "v1" ? "no-send-proxy" : "no-send-proxy-v2"}`;
  return `${bare}${option}`;
}

function without(line: string, word: RegExp): string {
  return line
    .split(/\s+/)
    .filter((one) => !word.test(one))
    .join(" ");
}

function connectCommand({ address }: Answer): string | null {
  return address?.kind === "tcp" ? `$ nc -vz ${address.host} ${address.port}` : null;
}
