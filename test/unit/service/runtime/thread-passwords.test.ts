/** Passwords reckoned in a thread: what it answers, and what is done without it. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cryptAddress } from "../../../../src/service/runtime/passwords.ts";
import { passwordThreadFile, threadPasswords } from "../../../../src/service/runtime/thread-passwords.ts";

setDefaultTimeout(60_000);

const hashed = "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA";
const nowhere = (): Promise<null> => Promise.resolve(null);
const des = "abNANd1rDfiNc";
const folder = mkdtempSync(join(tmpdir(), "passwords-"));
afterAll(() => rmSync(folder, { recursive: true }));

function program(text: string): URL {
  const file = join(folder, `${text.length}.ts`);
  writeFileSync(file, text);
  return pathToFileURL(file);
}

test("the loop goes on while it reckons", async () => {
  const verify = threadPasswords(nowhere, passwordThreadFile(), () => Infinity);
  await verify("secret", hashed);
  const slow = hashed.replace("$5$", "$5$rounds=200000$");
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const verdict = await verify("secret", slow);
  clearInterval(timer);
  expect(verdict).toBe(false);
  expect(turns).toBeGreaterThan(3);
});

test.each([
  ["in a thread", (): number => Infinity],
  ["in this one, where there is no room for another", (): number => 0],
])("%s", async (_, room) => {
  const address = await cryptAddress();
  const verify = threadPasswords(() => Promise.resolve(address), passwordThreadFile(), room);
  expect([await verify("secret", hashed), await verify("Secret", hashed)]).toEqual([true, false]);
  if (address !== null) expect([await verify("secret", des), await verify("Secret", des)]).toEqual([true, false]);
  expect(await verify("secret", "$zz$").then(String, (error: Error) => error.name)).toBe("Error");
});

test("a thread that dies answers nothing, and the next question has another", async () => {
  const verify = threadPasswords(nowhere, program(`process.exit(3)`), () => Infinity);
  const ends = [await verify("a", hashed).catch(String), await verify("a", hashed).catch(String)];
  expect(ends).toEqual(Array.from({ length: 2 }, () => "Error: the thread for passwords: it ended with 3"));
});
