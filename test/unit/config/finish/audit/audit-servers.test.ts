/** What the final check says of servers. */
import { expect, test } from "bun:test";
import { saidOf } from "../../reading.ts";

const back = (lines: string): string => `backend b\n ${lines.split("|").join("\n ")}\n`;

test.each([
  [
    "server s 127.0.0.1:6|server s 127.0.0.1:7",
    "alert: parsing [case.cfg:7] : backend 'b', another server named 's' was already defined at line 6, please use distinct names.",
  ],
  [
    "server s 127.0.0.1:6 id 5|server t 127.0.0.1:7 id 5",
    "'server b/t' : 'id' : custom id 5 already used at case.cfg:6 ('server s').",
  ],
  ["server s 127.0.0.1:6 check track t", "'server b/s' : unable to enable checks and tracking at the same time!"],
  [
    "server s 127.0.0.1 check",
    "alert: config: backend 'b': server 's' has neither service port nor check port nor tcp_check rule 'connect' with port information.",
  ],
  ["server s 127.0.0.1:6 agent-check", "server s does not have agent port. Agent check has been disabled."],
  ["server s 127.0.0.1:6 track t", "'server b/s' : unable to find required server 't' for tracking."],
  ["server s 127.0.0.1:6 track x/t", "'server b/s' : unable to find required proxy 'x' for tracking."],
  [
    "server s 127.0.0.1:6 track t|server t 127.0.0.1:7",
    "'server b/s' : unable to use b/t for tracking as it does not have any check nor agent enabled.",
  ],
  [
    "server s 127.0.0.1:6 track t|server t 127.0.0.1:7 track s",
    "'server b/s' : unable to track b/t as it belongs to a tracking chain looping back to b/s.",
  ],
  ["server s localhost:6 resolvers r", "alert: backend 'b', server 's': unable to find required resolvers 'r'"],
  ["server s 127.0.0.1:6 cookie x", "warning: backend 'b' : ignoring cookie for server 's' as HTTP mode is disabled."],
  [
    "server s 127.0.0.1:6 redir /x",
    "alert: backend 'b' : server cannot have cookie or redirect prefix in non-HTTP mode.",
  ],
  ["server s 127.0.0.1:6 tfo", "'server b/s' : server has tfo activated"],
])("%s", (lines, message) => expect(saidOf(back(lines)).join("\n")).toContain(message));

test.each([
  "server s 127.0.0.1 check port 5",
  "server s 127.0.0.1 check addr 127.0.0.2:5",
  "server s /run/s check",
  "option tcp-check|tcp-check connect port 5|server s 127.0.0.1 check",
  "server s 127.0.0.1:6 track t|server t 127.0.0.1:7 track u|server u 127.0.0.1:8 check",
  "server s 127.0.0.1:6 agent-check port 5",
])("nothing: %s", (lines) => expect(saidOf(back(lines))).toEqual([]));
