/** The users of a plan's `userlist` sections. */
import type { UserlistPlan, UserPlan } from "../../plan/rules/userlist.ts";

/** Userlists by name. */
export class Userlists {
  readonly #lists: ReadonlyMap<string, ReadonlyMap<string, UserPlan>>;

  constructor(plans: readonly UserlistPlan[] = []) {
    this.#lists = new Map(plans.map(({ name, users }) => [name, new Map(users.map((user) => [user.name, user]))]));
  }

  /** Undefined: there is no such user. */
  find(list: string, name: string): UserPlan | undefined {
    return this.#lists.get(list)?.get(name);
  }
}
