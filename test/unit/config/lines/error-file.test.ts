/** Files with a whole HTTP response: what is asked of one. */
import { expect, test } from "bun:test";
import type { Draft } from "../../../../src/config/draft/draft.ts";
import { checkErrorFile } from "../../../../src/config/lines/error-file.ts";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import type { Word } from "../../../../src/config/text/statement.ts";
import { line } from "../reading.ts";

const head = "HTTP/1.1 503 Gone\r\n";

function read(content: string | null, bufsizeBytes = 16_384): { content: string; said: readonly string[] } {
  const diagnostics = new Diagnostics();
  const draft = { diagnostics, files: { read: () => content }, global: { bufsizeBytes } } as unknown as Draft;
  const statement = line("errorfile 503 /e");
  const taken = checkErrorFile("errorfile", statement.words[2] as Word, { draft, statement });
  return { content: taken, said: diagnostics.all.map(({ text }) => text) };
}

test.each([`${head}\r\n`, "HTTP/1.0 200\n\nx", `${head}Content-Length: 2\r\nX:\r\n\r\nab`, ""])("%j", (content) => {
  expect(read(content)).toEqual({ content, said: [] });
});

test.each([
  [null, "errorfile : error opening file '/e'."],
  ["hello", "errorfile : '/e': unable to parse headers (error offset: 0)"],
  [head, `errorfile : '/e': unable to parse headers (error offset: ${head.length})`],
  [`${head}no field\r\n\r\n`, `errorfile : '/e': unable to parse headers (error offset: ${head.length})`],
  [
    `${head}content-length: 3\r\n\r\nab`,
    "errorfile : '/e': payload size does not match the announced content-length (2 != 3)",
  ],
])("%j is refused", (content, message) => expect(() => read(content)).toThrow(message));

test("what is longer than a buffer is cut, with a warning", () => {
  const content = `${head}\r\n`;
  expect(read(`${content}more`, content.length)).toEqual({
    content,
    said: [`custom error message file '/e' larger than ${content.length} bytes. Truncating.`],
  });
});
