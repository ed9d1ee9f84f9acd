/** `doctor -f FILE…`: what it was asked to look over. */
import { isIP } from "node:net";
import { parseDuration } from "./duration.ts";

/** An SSH base URL: a name or a literal address without brackets. */
export interface BaseUrl {
  readonly host: string;
  readonly port: number;
}

/** The words of a right command line, checked. */
export interface DoctorRequest {
  /** Files or folders; none: FAIRLEAD_CONFIG is to say. */
  readonly files: readonly string[];
  readonly baseUrl: BaseUrl | null;
  readonly json: boolean;
  readonly timeoutMs: number;
  /** FAIRLEAD_HEALTH; null: the health endpoint has its usual place. */
  readonly health: string | null;
}

const timeoutDefaultMs = 10_000;

/** Takes the words as they were given; or what is wrong with them. */
export function doctorRequest(words: {
  readonly files: readonly string[];
  readonly baseUrl: string | null;
  readonly json: boolean;
  readonly timeout: string | null;
}): DoctorRequest | string {
  const { files, json } = words;
  const timeoutMs = words.timeout === null ? timeoutDefaultMs : parseDuration(words.timeout);
  if (timeoutMs === null)
    return `'--timeout' expects a time like 10s or 500ms, an hour at most, not '${words.timeout}'`;
  const baseUrl = words.baseUrl === null ? null : parseBaseUrl(words.baseUrl);
  if (words.baseUrl !== null && baseUrl === null)
    return `'--base-url' expects a URL like ssh://bitbucket.example.com or ssh://bitbucket.example.com:7999, not '${words.baseUrl}'`;
  return { files, baseUrl, json, timeoutMs, health: null };
}

/** As Bitbucket takes it: no user, no path but a slash. Null: it is none. */
export function parseBaseUrl(text: string): BaseUrl | null {
  const [, bracketed, plain = "", digits] =
    /^ssh:\/\/(?:\[([0-9a-fA-F:.]+)\]|([\w.-]{1,253}))(?::(\d{1,5}))?\/?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const isHost = bracketed === undefined ? host !== "" && !host.startsWith("-") : isIP(host) === 6;
  const port = digits === undefined ? 22 : Number(digits);
  return isHost && port >= 1 && port <= 65_535 ? { host, port } : null;
}
