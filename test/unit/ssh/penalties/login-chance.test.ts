/** Whether somebody may have logged in, and whose turn it is: by what shows of real exchanges. */
import { describe, expect, test } from "bun:test";
import { LoginChance } from "../../../../src/ssh/penalties/login-chance.ts";
import { formatSshPacket } from "../../../../src/wire/ssh/packet.ts";

const line = Buffer.from("SSH-2.0-x\r\n");
const packet = (message: number, payload = 30): Uint8Array =>
  formatSshPacket(Uint8Array.from([message, ...new Uint8Array(payload)]));

type Step = readonly ["client" | "server", Uint8Array];

const hidden = (side: Step[0], length: number): Step => [side, new Uint8Array(length)];
const lines: readonly Step[] = [
  ["server", line],
  ["client", line],
];
const offers: readonly Step[] = [...lines, ["server", packet(20)], ["client", packet(20)]];
const keys: readonly Step[] = [
  ...offers,
  ["client", packet(30)],
  ["server", packet(31)],
  ["server", packet(21, 0)],
  ["client", packet(21, 0)],
];
/** OpenSSH with chacha20-poly1305: its service is accepted. */
const asked: readonly Step[] = [...keys, hidden("client", 44), hidden("server", 44)];

function after(steps: readonly Step[]): LoginChance {
  const chance = new LoginChance();
  for (const [side, bytes] of steps) {
    if (side === "client") chance.fromClient(bytes);
    else chance.fromServer(bytes);
  }
  return chance;
}

describe("a login may have come", () => {
  const cases: readonly (readonly [string, readonly Step[], boolean])[] = [
    ["not to nothing", [], false],
    ["not to lines", lines, false],
    ["not to who asks for a host key", [...offers, ["client", packet(30)], ["server", packet(31)]], false],
    ["not with the keys alone", keys, false],
    ["not where nothing but the service was asked for", asked, false],
    ["not where the server says much and the client nothing", [...keys, hidden("server", 900)], false],
    ["not where the client says much and the server nothing", [...keys, hidden("client", 900)], false],
    // The shortest there is, `none` for a user without a name.
    ["with the first request answered", [...asked, hidden("client", 60), hidden("server", 24)], true],
    ["where it is SSH 1, of which nothing is known", [["server", Buffer.from("SSH-1.5-x\n")]], true],
    [
      "where the server takes SSH 1, and its client speaks that",
      [
        ["server", Buffer.from("SSH-1.99-x\n")],
        ["client", Buffer.from("SSH-1.5-x\n")],
      ],
      true,
    ],
  ];
  for (const [what, steps, expected] of cases) test(what, () => expect(after(steps).mayHaveCome).toBe(expected));

  test("where nobody looked on", () => {
    const chance = after(keys);
    chance.letGo();
    expect(chance.mayHaveCome).toBe(true);
  });

  test("where clear text goes on without end", () => {
    const chance = after(keys.slice(0, 4));
    let isWatched = true;
    for (let count = 0; count < 100 && isWatched; count++) {
      chance.fromServer(packet(2, 2000));
      isWatched = chance.fromClient(packet(2, 2000));
    }
    expect([isWatched, chance.mayHaveCome]).toEqual([false, true]);
  });
});

test("it is watched until then, and whoever waits hears of each piece", () => {
  let heard = 0;
  const chance = new LoginChance(() => (heard += 1));
  for (const [side, bytes] of keys)
    expect(side === "client" ? chance.fromClient(bytes) : chance.fromServer(bytes)).toBe(true);
  expect(chance.fromClient(new Uint8Array(104))).toBe(true);
  expect(chance.fromServer(new Uint8Array(104))).toBe(false);
  expect(heard).toBe(keys.length + 2);
});

describe("the turn", () => {
  const cases: readonly (readonly [string, readonly Step[], boolean])[] = [
    ["is the server's at first, which says its line", [], true],
    [
      "is the server's whatever else it says",
      [
        ["client", line],
        ["server", Buffer.from("hello\r\n")],
      ],
      true,
    ],
    ["is the client's then", [["server", line]], false],
    ["is the server's once it knows who is there", lines, true],
    ["is the client's to begin the exchange", offers, false],
    ["is the server's to answer that", [...offers, ["client", packet(30)]], true],
    ["is the client's to take up the keys", keys.slice(0, -1), false],
    ["is the client's to ask", keys, false],
    ["is the server's to accept", [...keys, hidden("client", 44)], true],
    ["is the client's to log in", asked, false],
    ["is the server's to look whether that is right", [...asked, hidden("client", 10)], true],
  ];
  for (const [what, steps, expected] of cases) test(what, () => expect(after(steps).isServersTurn).toBe(expected));
});
