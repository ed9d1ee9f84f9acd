/** `show schema json`: what `show info json` and `show stat json` answer with, as JSON Schema (draft 4). */
import { columns, tagWords } from "./columns.ts";

/** An object that has all of these. */
function object(properties: object, optional: object = {}): object {
  return { type: "object", properties: { ...properties, ...optional }, required: Object.keys(properties) };
}

const number = { type: "integer", minimum: 0 };
const text = { type: "string" };

const item = {
  field: object({ pos: number, name: text }),
  processNum: { type: "integer", minimum: 1 },
  tags: object({
    origin: { enum: tagWords.origin },
    nature: { enum: tagWords.nature },
    scope: { enum: tagWords.scope },
  }),
  value: {
    oneOf: [
      object({ type: { enum: ["str"] }, value: text }),
      object({ type: { enum: ["s32"] }, value: { type: "integer" } }),
      object({ type: { enum: ["u32", "u64"] }, value: number }),
    ],
  },
};

const row = object({
  objType: { enum: ["Frontend", "Backend", "Listener", "Server"] },
  proxyId: number,
  id: number,
  ...item,
});

/** On one line. */
export const jsonSchema = `${JSON.stringify({
  $schema: "http://json-schema.org/draft-04/schema#",
  oneOf: [
    { title: "Info", type: "array", items: object(item, { desc: text }) },
    {
      title: "Stat",
      type: "array",
      items: { type: "array", items: row, maxItems: columns.length },
    },
  ],
})}\n`;
