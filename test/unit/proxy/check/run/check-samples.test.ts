import { Tables } from "../../../../../src/rules/stick/tables.ts";
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Transport } from "../../../../../src/net/transport.ts";
import { ProcessState } from "../../../../../src/proxy/process/process-state.ts";
import { internalStates } from "../../../../../src/proxy/internal-states.ts";
import { checkSamplesOf } from "../../../../../src/proxy/sessionless-samples.ts";
import { sint, str } from "../../../../../src/rules/value/sample.ts";
import { tlsFacts } from "../../../tls-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

test("formats and expressions see the answer, the check's variables and what TLS it speaks", () => {
  const process = new ProcessState({} as Transport, () => {});
  const internal = internalStates(process, () => ({ frontends: new Map(), backends: new Map() }));
  const samples = checkSamplesOf(process, internal, new Tables());
  const variables = samples.variables();
  variables.set("check.x", { type: "str", value: "seven" });
  const context = {
    source: { kind: "tcp", host: "127.0.0.1", port: 1 },
    destination: { kind: "tcp", host: "127.0.0.1", port: 2 },
    answer: new TextEncoder().encode("SSH-2.0-x"),
    tls: null,
    variables,
  } as const;
  const flags = { quote: false, hex: false, escape: false };
  const payload = { fetch: "res.payload", arguments: [0, 7], converters: [], text: "res.payload(0,7)" };
  const variable = { fetch: "var", arguments: ["check.x"], converters: [], text: "var(check.x)" };
  const format = {
    text: "",
    encoding: "text",
    parts: [
      { flags, name: null, kind: "text", text: "<" },
      { flags, name: null, kind: "sample", expression: payload },
      { flags, name: null, kind: "text", text: "> " },
      { flags, name: null, kind: "sample", expression: variable },
    ],
  } as const;
  expect(samples.format(format, context)).toBe("<SSH-2.0> seven");
  expect(samples.sample({ ...payload, fetch: "res.len", arguments: [] }, context)).toEqual(sint(9));
  expect(samples.sample({ ...variable, arguments: ["check.nothing"] }, context)).toBeUndefined();
  const cipher = { fetch: "ssl_bc_cipher", arguments: [], converters: [], text: "ssl_bc_cipher" };
  expect(samples.sample(cipher, context)).toBeUndefined();
  expect(samples.sample(cipher, { ...context, tls: tlsFacts() })).toEqual(str("TLS_AES_128_GCM_SHA256"));
});
