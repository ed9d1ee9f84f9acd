/** The library that encrypts here, as HAProxy would name the one that it was linked to: for `.if` conditions and `-vv`. */

/** Its name, and the version of OpenSSL whose interface it has. */
export interface TlsLibrary {
  readonly name: "OpenSSL" | "BoringSSL";
  readonly version: string;
}

/** BoringSSL says so of itself. */
const boringVersion = "1.1.1";

/** What a runtime's versions say of it. */
export function libraryOf(versions: { readonly boringssl?: string; readonly openssl?: string }): TlsLibrary {
  if (versions.boringssl !== undefined) return { name: "BoringSSL", version: boringVersion };
  const [version = boringVersion] = /^\d+\.\d+\.\d+[a-z]?/.exec(versions.openssl ?? "") ?? [];
  return { name: "OpenSSL", version };
}

/** This runtime's. */
export const tlsLibrary: TlsLibrary = libraryOf(process.versions);
