/** What both sides chose, as far as the inventory keeps it. */
import type { SshChoice } from "../../ssh-facts.ts";
import { keptNames, type Names } from "./kept-offer.ts";
import { keptText } from "./kept-text.ts";

/** One choice. */
export class KeptChoice {
  readonly isPostQuantum: boolean;
  readonly isStrict: boolean;
  readonly isTerrapin: boolean;
  #text: string | null = null;
  #unnamed: KeptChoice | null = null;

  /** `names` null: too rare to be kept by name. */
  constructor(
    readonly names: Names | null,
    { isPostQuantum, isStrict, isTerrapin }: Pick<SshChoice, "isPostQuantum" | "isStrict" | "isTerrapin">,
  ) {
    this.isPostQuantum = isPostQuantum;
    this.isStrict = isStrict;
    this.isTerrapin = isTerrapin;
  }

  /** Tells choices apart. */
  get text(): string {
    return (this.#text ??= textOf(this));
  }

  /** What came of it, without the names. */
  get unnamed(): KeptChoice {
    return (this.#unnamed ??= new KeptChoice(null, this));
  }
}

/** Choices that are known again without being read. */
const lastChoices = 8;

/** The last few: whole fleets choose the same. */
export class KeptChoices {
  readonly #last: { readonly of: SshChoice; readonly kept: KeptChoice }[] = [];
  #oldest = 0;

  /** Null where both have no key exchange in common. */
  find(choice: SshChoice | null): KeptChoice | null {
    if (choice === null || choice.keyExchange === "") return null;
    for (const { of, kept } of this.#last) if (isSame(of, choice)) return kept;
    const kept = keptChoice(choice);
    this.#last[this.#oldest] = { of: choice, kept };
    this.#oldest = (this.#oldest + 1) % lastChoices;
    return kept;
  }
}

function isSame(one: SshChoice, other: SshChoice): boolean {
  if (one === other) return true;
  return (
    one.keyExchange === other.keyExchange &&
    one.hostKey === other.hostKey &&
    one.cipherToServer === other.cipherToServer &&
    one.cipherToClient === other.cipherToClient &&
    one.macToServer === other.macToServer &&
    one.macToClient === other.macToClient &&
    one.compressionToServer === other.compressionToServer &&
    one.compressionToClient === other.compressionToClient &&
    one.isStrict === other.isStrict &&
    one.isTerrapin === other.isTerrapin &&
    one.isPostQuantum === other.isPostQuantum
  );
}

function keptChoice(choice: SshChoice): KeptChoice {
  const names = {
    kex: pair(choice.keyExchange, ""),
    hostkey: pair(choice.hostKey, ""),
    cipher: pair(choice.cipherToServer, choice.cipherToClient),
    mac: pair(choice.macToServer, choice.macToClient),
    compression: pair(choice.compressionToServer, choice.compressionToClient),
  };
  return new KeptChoice(names, choice);
}

/** Both directions, where they differ. */
function pair(one: string, other: string): readonly string[] {
  if (other === one || other === "") return one === "" ? [] : [keptText(one)];
  return keptNames([one, other]);
}

function textOf({ names, isPostQuantum, isStrict, isTerrapin }: KeptChoice): string {
  const bits = `${isPostQuantum ? 1 : 0}${isStrict ? 1 : 0}${isTerrapin ? 1 : 0}`;
  if (names === null) return bits;
  const { kex, hostkey, cipher, mac, compression } = names;
  return `${bits} ${listText(kex)};${listText(hostkey)};${listText(cipher)};${listText(mac)};${listText(compression)}`;
}

function listText(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? "") : names.join(",");
}
