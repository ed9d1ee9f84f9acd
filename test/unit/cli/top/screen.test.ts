/** The terminal is given back as it was, whatever happens in between. */
import { expect, test } from "bun:test";
import { Screen } from "../../../../src/cli/top/screen.ts";

const nothing = (): void => {};

function stage(width = 30, height = 6) {
  const written: string[] = [];
  const raw: boolean[] = [];
  const pressed: string[] = [];
  let hear: (text: string) => void = nothing;
  let stopped = 0;
  const size = { width, height };
  const screen = new Screen(
    {
      write: (text) => void written.push(text),
      size: () => size,
      keys: { raw: (on) => void raw.push(on), on: (act) => void (hear = act), stop: () => void (stopped += 1) },
    },
    (key) => void pressed.push(key),
  );
  return { screen, written, raw, pressed, size, type: (text: string) => hear(text), stopped: () => stopped };
}

test("it takes the terminal, and gives it back once", () => {
  const { screen, written, raw, stopped } = stage();
  expect([written, raw]).toEqual([["\u001b[?1049h\u001b[?25l\u001b[?7l"], [true]]);
  screen.close();
  screen.close();
  screen.draw(["late"], "");
  expect(written.slice(1)).toEqual(["\u001b[?7h\u001b[?25h\u001b[?1049l"]);
  expect([raw, stopped()]).toEqual([[true, false], 1]);
});

test("at the end of the process it is given back by other means", () => {
  const { screen, written } = stage();
  const last: string[] = [];
  screen.close((text) => void last.push(text));
  expect([written.length, last]).toEqual([1, ["\u001b[?7h\u001b[?25h\u001b[?1049l"]]);
});

test("as many lines as fit, and the foot in the last", () => {
  const { screen, written, size } = stage(10, 5);
  screen.draw(["a", "b", "c", "d", "e", "f"], "0123456789abcdefghijklm");
  expect(written[1]).toBe(
    "\u001b[Ha\u001b[K\r\nb\u001b[K\r\nc\u001b[K\r\nd\u001b[K\r\n\u001b[J\u001b[5;1H\u001b[7m0123456789abcdefghij\u001b[0m\u001b[K",
  );
  Object.assign(size, { width: 200, height: 50 });
  expect([screen.width, screen.height]).toEqual([200, 50]);
  Object.assign(size, { width: 0, height: 0 });
  expect([screen.width, screen.height]).toEqual([20, 5]);
});

test("keys, but not those that send more than a letter", () => {
  const { pressed, type } = stage();
  type("q");
  type("sb");
  type("\u001b[A");
  type("\u0003");
  expect(pressed).toEqual(["q", "s", "b", "\u0003"]);
});
