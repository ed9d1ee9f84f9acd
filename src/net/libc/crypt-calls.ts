/** Passwords in the forms that the system's libcrypt knows, and in bcrypt's, which Bun has. Both take the thread for as long as that takes. */
import { CFunction, CString, dlopen, type Pointer, ptr } from "bun:ffi";
import { existsSync } from "node:fs";

/** crypt_r(3). */
export interface SystemCrypt {
  /** Where the function is: another thread, in another root folder, can call it. */
  readonly address: number;
  /** What becomes of a password by the method, the cost and the salt of `setting`; null: it does not know that form. No NUL in either. */
  hash(password: Uint8Array, setting: string): string | null;
}

/** Large enough for glibc's (131,232 bytes) and libxcrypt's (32,768). */
const dataBytes = 1 << 18;

const signature = { args: ["ptr", "ptr", "ptr"], returns: "ptr" } as const;

const architectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: "x86_64", arm64: "aarch64" };

/** Whole names: a bare one that the system lacks would be looked for in the working directory. */
function libraryNames(): readonly string[] {
  if (process.platform === "freebsd") return ["/lib/libcrypt.so.5", "/usr/lib/libcrypt.so.5"];
  const triplet = `${architectures[process.arch] ?? process.arch}-linux-gnu`;
  const folders = [`/lib/${triplet}`, `/usr/lib/${triplet}`, "/lib64", "/usr/lib64", "/lib", "/usr/lib"];
  return folders.flatMap((folder) => [`${folder}/libcrypt.so.1`, `${folder}/libcrypt.so.2`]);
}

/** Null: there is none, or it cannot be called. It stays loaded. */
export function openCrypt(): SystemCrypt | null {
  try {
    const name = hasGlibc() ? libraryNames().find((one) => existsSync(one)) : ownCrypt();
    if (name === undefined) return null;
    const { crypt_r: call } = dlopen(name, { crypt_r: signature }).symbols;
    return cryptAt(Number((call as unknown as { readonly ptr: number }).ptr));
  } catch {
    return null;
  }
}

/** Another system's libraries must not be loaded beside musl, which has crypt_r itself and takes this name for its own. */
function ownCrypt(): string | undefined {
  return process.platform === "linux" ? "libc.so.6" : undefined;
}

function hasGlibc(): boolean {
  if (process.platform !== "linux") return process.platform === "freebsd";
  try {
    dlopen("libc.so.6", { gnu_get_libc_version: { args: [], returns: "ptr" } });
    return true;
  } catch {
    return false;
  }
}

/** The function at an address that `openCrypt` has told. */
export function cryptAt(address: number): SystemCrypt {
  const call = CFunction({ ...signature, ptr: address as Pointer });
  const data = new Uint8Array(new ArrayBuffer(dataBytes));
  return {
    address,
    hash(password, setting) {
      const key = terminated(password);
      const salt = terminated(Buffer.from(setting, "latin1"));
      const made = call(ptr(key), ptr(salt), ptr(data)) as Pointer | null;
      const text = made === null ? "*" : new CString(made).toString();
      data.fill(0);
      return text.startsWith("*") ? null : text;
    },
  };
}

function terminated(bytes: Uint8Array): Uint8Array {
  const made = new Uint8Array(new ArrayBuffer(bytes.length + 1));
  made.set(bytes);
  return made;
}

/** Whether a password is that of a hash in the form of bcrypt. Throws where it is not in that form. */
export function isOfBcrypt(password: Uint8Array, hashed: string): boolean {
  // More bytes than bcrypt looks at, which Bun would hash before.
  return Bun.password.verifySync(password.subarray(0, 72), hashed);
}
