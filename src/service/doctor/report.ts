/** An examination as whoever asked reads it: text, or JSON. */
import { isSound } from "../../ssh/probe/probed.ts";
import { shownKeys } from "../../ssh/probe/report.ts";
import type { Answer } from "./answers.ts";
import { keyText, settingPlaces, type VerifiedUrl } from "./base-url.ts";
import type { Examination } from "./doctor.ts";
import { exitCodeOf, type Finding } from "./finding.ts";
import type { HostKey } from "./host-keys.ts";

const verdicts = ["sound", "warnings", "errors"] as const;

/** What is there, then what is wrong with it. */
export function examinationText(examination: Examination): string {
  const { running, entrances, baseUrl, answers, findings } = examination;
  const lines: string[] = [];
  if (running !== null) lines.push(`process   ${running} serves this configuration`);
  const urls = new Map(entrances.map((one) => [one.url, one]));
  if (urls.size > 0) {
    lines.push("SSH base URL");
    for (const { url, frontend, bind } of urls.values())
      lines.push(
        `  ${url}  (${frontend.isListen ? "listen" : "frontend"} '${frontend.name}', ${bind.position.file}:${bind.position.line})`,
      );
    lines.push("  set in Bitbucket under one of", ...settingPlaces.map((place) => `    ${place}`));
  }
  if (baseUrl !== null) lines.push(...baseUrlLines(baseUrl));
  if (answers.length > 0) lines.push("servers", ...answers.map(answerLine));
  if (findings.length > 0) lines.push("findings", ...findings.flatMap(findingLines));
  lines.push(summary(findings));
  return `${lines.map(harmless).join("\n")}\n`;
}

function baseUrlLines({ url, answers }: VerifiedUrl): string[] {
  if (answers.length === 0) return [`  ${url}: no address`];
  return answers.map(({ address, leads, keys }) => {
    const known = keys.map(keyText).join(", ");
    const where = {
      here: "leads here",
      past: "leads to a server itself",
      elsewhere: "leads elsewhere",
      unknown: "answers",
      unanswered: "does not answer as SSH",
    };
    return `  ${url}: ${address} ${where[leads]}${known === "" ? "" : `, ${known}`}`;
  });
}

function answerLine(answer: Answer): string {
  const { backend, server, place, probed, state, header } = answer;
  const name = `  ${backend.name}/${server.name} ${place}: `;
  const behind = header === "none" ? "" : `, PROXY ${header}`;
  const keys =
    probed === null
      ? ""
      : shownKeys(probed)
          .map((key) => `, ${keyText(key)}`)
          .join("");
  if (state === "ssh") return `${name}${probed?.identification?.line ?? "SSH"}${behind}${keys}`;
  if (state === "silent" && !answer.isSshExpected) return `${name}answers${behind}`;
  const texts = {
    "other-header": "answers with another header than its line has",
    silent: "does not answer as SSH",
    unreached: "is not reached",
    unresolved: "has no address",
    late: "was not asked",
  };
  return `${name}${texts[state]}`;
}

function findingLines({ severity, what, position, fix }: Finding): string[] {
  const where = position === null ? "" : `${position.file}:${position.line} `;
  const first = `  ${severity.padEnd(8)} ${where}${what}`;
  return fix === null
    ? [first]
    : [first, ...fix.split("\n").map((line, index) => `           ${index === 0 ? "fix: " : "     "}${line}`)];
}

function summary(findings: readonly Finding[]): string {
  const count = (severity: Finding["severity"], one: string): string | [] => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : `${number} ${one}${number === 1 ? "" : "s"}`;
  };
  const parts = [count("error", "error"), count("warning", "warning"), count("note", "note")].flat();
  return exitCodeOf(findings) === 0 ? `sound${parts.length === 0 ? "" : ` (${parts.join(", ")})`}` : parts.join(", ");
}

/** What servers and files say goes to a terminal. */
function harmless(line: string): string {
  // oxlint-disable-next-line no-control-regex
  return line.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

/** One object. Names and order stay; what is added later stands behind. */
export function examinationJson(examination: Examination): string {
  const { files, running, entrances, baseUrl, answers, findings, totalMs } = examination;
  const document = {
    verdict: verdicts[exitCodeOf(findings)],
    files,
    process: running,
    findings: findings.map(({ severity, id, what, position, fix }) => ({
      severity,
      id,
      what,
      file: position?.file ?? null,
      line: position?.line ?? null,
      fix,
    })),
    baseUrls: entrances.map(({ url, frontend, bind, isNamedByMachine }) => ({
      url,
      frontend: frontend.name,
      file: bind.position.file,
      line: bind.position.line,
      namedByMachine: isNamedByMachine,
    })),
    settings: settingPlaces,
    baseUrl: baseUrl === null ? null : { url: baseUrl.url, addresses: baseUrl.answers.map(urlDocument) },
    servers: answers.map(serverDocument),
    totalMs: Math.round(totalMs),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function urlDocument({ address, leads, identification, keys, failure }: VerifiedUrl["answers"][number]): object {
  return { address, leads, identification, keys: keys.map(keyDocument), failure };
}

function serverDocument({ backend, server, place, state, header, works, probed, failure }: Answer): object {
  return {
    backend: backend.name,
    server: server.name,
    address: place,
    state,
    header,
    worksWith: works,
    identification: probed?.identification?.line ?? null,
    keys: probed === null ? [] : shownKeys(probed).map(keyDocument),
    allKeysRead: probed === null ? null : isSound(probed),
    failure,
  };
}

function keyDocument({ type, fingerprint }: HostKey): object {
  return { type, fingerprint };
}
