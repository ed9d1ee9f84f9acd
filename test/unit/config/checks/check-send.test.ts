/** The last word of `option httpchk`. */
import { expect, test } from "bun:test";
import { splitVersion } from "../../../../src/config/checks/check-send.ts";

test.each([
  ["HTTP/1.1", { version: "HTTP/1.1", headers: [], body: null }],
  [
    "HTTP/1.1\r\nHost: a:1\r\nX:y",
    {
      version: "HTTP/1.1",
      headers: [
        { name: "Host", value: "a:1" },
        { name: "X", value: "y" },
      ],
      body: null,
    },
  ],
  ["HTTP/1.0\nA: b\n\nc\n\nd", { version: "HTTP/1.0", headers: [{ name: "A", value: "b" }], body: "c\n\nd" }],
])("%j", (word, expected) => expect(splitVersion(word)).toEqual(expected));
