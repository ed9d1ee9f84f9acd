/** Which keywords may stand in which section, and what those are told that may not. */
import { expect, test } from "bun:test";
import { saidOf } from "../reading.ts";

const lines = (text: string): string => `${text.split("|").join("\n ")}\n`;
const front = "frontend f|bind 127.0.0.1:5|default_backend b";
const back = "backend b|server s 127.0.0.1:6";

test.each([
  ["defaults|bind 127.0.0.1:5", "alert: parsing [case.cfg:6] : 'bind' not allowed in 'defaults' section."],
  ["defaults|stick-table type ip size 5", "'stick-table' is not supported in 'defaults' section."],
  ["defaults|server s 127.0.0.1:6", "'server' not allowed in 'defaults' section."],
  [`${front}|server s 127.0.0.1:6\n${back}`, "'server' not allowed because frontend 'f' has no backend capability."],
  [
    `${front}|balance source\n${back}`,
    "warning: parsing [case.cfg:8] : 'balance' ignored because frontend 'f' has no backend capability.",
  ],
  [
    `${back}|default_backend b`,
    "warning: parsing [case.cfg:7] : 'default_backend' ignored because backend 'b' has no frontend capability.",
  ],
  [`${back}|option`, "alert: parsing [case.cfg:7]: 'option' expects an option name."],
  [`${back}|option tcpka_`, "unknown option 'tcpka_'; did you mean 'tcpka' maybe ?"],
  [`${back}|timeout x 5s`, "alert: parsing [case.cfg:7] : "],
  [`${back}|rate-limit x 5`, "'rate-limit' only supports 'sessions' (got 'x')"],
  [`${back}|external-check x`, "'external-check' only supports 'command' and 'path'. but got 'x'."],
  [`${back}|declare x`, "unknown declaration type 'x' (supports 'capture')"],
  ["global|stats x", "'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' (got 'x')"],
])("%s", (text, message) => expect(saidOf(lines(text)).join("\n")).toContain(message));
