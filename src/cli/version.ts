/** Who we are: the names and versions that `-v`, `show info` and the pages tell. */
import { features, languageVersion } from "../config/text/directives/if-condition.ts";
import { tlsLibrary } from "../config/text/directives/tls-library.ts";
import { tlsVersions } from "../plan/tls.ts";
import packageFile from "../../package.json" with { type: "json" };

/** This program's version. */
export const version: string = packageFile.version;

/** The HAProxy release whose language and answers we follow; tools compare against it. */
export const haproxyVersion = languageVersion;

/** Version as tools written for HAProxy expect to parse it: HAProxy's number first. */
export const toolVersion = `${haproxyVersion}-fairlead${version}`;

/** Day of the release, as `show info` gives it. */
export const releaseDate = "2026/11/23";

/** What `-v` prints (and HAProxy prints above its usage). `name` is the name the program was run by. */
export function versionText(name: string): string {
  const first =
    name === "haproxy"
      ? `HAProxy version ${toolVersion} ${releaseDate} - answered by fairlead ${version}`
      : `fairlead version ${version} ${releaseDate} - reads the configuration language of HAProxy ${haproxyVersion}`;
  return `${first}\nRunning on: ${platformText()}\n`;
}

/** What `-vv` prints. `transport` names the runtime's sockets, `spliceRefusal` says why bytes cannot be spliced here, if they cannot. */
export function longVersionText(
  name: string,
  runtime: string,
  transport: string,
  spliceRefusal: string | null,
): string {
  const plane =
    spliceRefusal === null
      ? "splice (zero-copy) available, for streams unless refused"
      : `portable only (${spliceRefusal})`;
  return `${versionText(name)}Build options :
  TARGET  = ${process.platform}-${process.arch}
  RUNTIME = ${runtime}

Feature list : ${[...features].map((feature) => `+${feature}`).join(" ")}

TLS library : ${tlsLibrary.name}, with the interface of OpenSSL ${tlsLibrary.version}
TLS versions : ${tlsVersions.map((one) => (one === "TLSv1" ? "TLSv1.0" : one)).join(" ")}

Default settings :
  bufsize = 16384, maxrewrite = 1024, maxpollevents = 200

Available polling systems :
      ${transport} : pref=300,  test result OK
Total: 1 (1 usable), will use ${transport}.

Data plane : ${plane}

Available multiplexer protocols :
(protocols marked as <default> cannot be specified using 'proto' keyword)
  <default> : mode=TCP   side=FE|BE  mux=PASS  flags=

Available services : none
Available filters : none
`;
}

function platformText(): string {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  const runtime = bun === undefined ? (deno === undefined ? `Node ${node}` : `Deno ${deno}`) : `Bun ${bun}`;
  return `${process.platform} ${process.arch}, ${runtime}`;
}
