/** Choices that are the same are one, and others are not. */
import { expect, test } from "bun:test";
import { KeptChoices } from "../../../../src/ssh/inventory/kept-choice.ts";
import { choiceOf } from "./facts.ts";

test("what is chosen again is known again, however much comes between", () => {
  const choices = new KeptChoices();
  const first = choices.find(choiceOf("curve25519-sha256"));
  expect(choices.find(choiceOf("curve25519-sha256"))).toBe(first);
  const texts = new Set([first?.text]);
  for (let count = 0; count < 20; count++) texts.add(choices.find(choiceOf(`kex-${count}`))?.text);
  for (const more of [{ isStrict: true }, { macToClient: "hmac-sha1" }, { compressionToServer: "zlib" }])
    texts.add(choices.find(choiceOf("curve25519-sha256", more))?.text);
  expect(texts.size).toBe(24);
  expect(choices.find(choiceOf("curve25519-sha256"))?.text).toBe(first?.text ?? "");
});

test("without its names it tells what came of it", () => {
  const kept = new KeptChoices().find(choiceOf("mlkem768x25519-sha256", { isStrict: true }));
  expect(kept?.names?.kex).toEqual(["mlkem768x25519-sha256"]);
  expect({ ...kept?.unnamed }).toEqual({ names: null, isPostQuantum: true, isStrict: true, isTerrapin: false });
  expect(new KeptChoices().find(choiceOf(""))).toBeNull();
});
