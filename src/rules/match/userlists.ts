/** The users of a plan's `userlist` sections, and whether a password is theirs. */
import { createRequire } from "node:module";
import type * as crypto from "node:crypto";
import type { UserlistPlan, UserPlan } from "../../plan/userlist.ts";
import { isPassword } from "../value/crypt.ts";

const load = createRequire(import.meta.url);

/** So many that were right are remembered: to find out takes milliseconds, and each request asks. */
const remembered = 1000;

/** Userlists by name. */
export class Userlists {
  readonly #lists: ReadonlyMap<string, ReadonlyMap<string, UserPlan>>;
  /** Digests of a hash and a password that belong together. */
  readonly #right = new Set<string>();

  constructor(plans: readonly UserlistPlan[] = []) {
    this.#lists = new Map(plans.map(({ name, users }) => [name, new Map(users.map((user) => [user.name, user]))]));
  }

  /** The user of that list whose password it is; undefined: nobody's. Texts are latin1. */
  find(list: string, name: string, password: string): UserPlan | undefined {
    const user = this.#lists.get(list)?.get(name);
    if (user === undefined || user.password === null) return undefined;
    const isRight = user.isHashed ? this.#isHashOf(password, user.password) : user.password === password;
    return isRight ? user : undefined;
  }

  #isHashOf(password: string, hashed: string): boolean {
    const { createHash } = load("node:crypto") as typeof crypto;
    const key = createHash("sha256").update(`${hashed}\0${password}`, "latin1").digest("base64");
    if (this.#right.has(key)) return true;
    if (!isPassword(password, hashed)) return false;
    if (this.#right.size >= remembered) this.#right.clear();
    this.#right.add(key);
    return true;
  }
}
