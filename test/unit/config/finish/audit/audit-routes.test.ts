/** What the final check says of where sessions go, and of what backends check by. */
import { expect, test } from "bun:test";
import { saidOf } from "../../reading.ts";

const lines = (text: string): string => `${text.split("|").join("\n ")}\n`;
const server = "server s 127.0.0.1:6";

test.each([
  [
    `frontend f|bind 127.0.0.1:5|default_backend bak\nbackend back|${server}`,
    "alert: Proxy 'f': unable to find required default_backend: 'bak'.",
  ],
  [
    `listen l|bind 127.0.0.1:5|${server}|default_backend l`,
    "alert: Proxy 'l': loop detected for default_backend: 'l'.",
  ],
  [
    `listen l|bind 127.0.0.1:5|${server}|default_backend b\nbackend b|${server}`,
    "warning: In proxy 'l', the 'default_backend' rule always has precedence over the servers, which will never be used.",
  ],
  [
    `listen l|bind 127.0.0.1:5|${server}|use_backend l if TRUE`,
    "alert: Proxy 'l': loop detected for use_backend: 'l'.",
  ],
  [
    `backend b|${server}|tcp-check connect`,
    "warning: backend 'b' uses tcp-check rules without 'option tcp-check', so the rules are ignored.",
  ],
  [
    `backend b|${server}|http-check send uri /`,
    "warning: backend 'b' uses http-check rules without 'option httpchk', so the rules are ignored.",
  ],
  [
    `backend b|${server}|balance first|option transparent`,
    "alert: backend 'b' cannot use both transparent and balance mode.",
  ],
  [
    `backend b|${server}|balance first|dispatch :5`,
    "warning: dispatch address of backend 'b' will be ignored in balance mode.",
  ],
  [
    `backend b|${server}|load-server-state-from-file global`,
    "warning: backend 'b' configured to load server state file from global section 'server-state-file' directive. Unfortunately, 'server-state-file' is not set!",
  ],
  [
    `backend b|${server}|external-check command x`,
    "warning: 'external-check command' will be ignored for backend 'b' (requires 'option external-check').",
  ],
  [
    `backend b|${server}|option external-check`,
    "alert: Proxy 'b' : 'option external-check' unable to find required 'global.external-check'.",
  ],
  [`backend b|${server}|stick-table type ip size 5 peers p`, "alert: Proxy 'b': unable to find sync peers 'p'."],
])("%s", (text, message) => expect(saidOf(lines(text))).toContain(message));
