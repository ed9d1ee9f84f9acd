/** What the final check says of proxies and of what they name. */
import { expect, test } from "bun:test";
import { readText } from "../../../../cases/case.ts";
import { saidOf } from "../../reading.ts";

const lines = (text: string): string => `${text.split("|").join("\n ")}\n`;
const listen = "listen l|bind 127.0.0.1:5|server s 127.0.0.1:6";

test.each([
  [
    "frontend f|default_backend b\nbackend b|server s 127.0.0.1:6",
    "warning: frontend 'f' has no 'bind' directive. Please declare it as a backend if this was intended.",
  ],
  [`${listen}|cookie x`, "warning: cookie will be ignored for proxy 'l' (needs 'mode http')."],
  [
    `${listen}|balance uri`,
    "warning: Layer 7 hash not possible for proxy 'l' (needs 'mode http'). Falling back to round robin.",
  ],
  [`${listen}|option forwardfor`, "warning: 'option forwardfor' ignored for proxy 'l' as it requires HTTP mode."],
  [`${listen}|option tcplog`, "warning: log format ignored for proxy 'l' since it has no log address."],
  [`${listen}|email-alert mailers m`, "alert: Proxy 'l': unable to find mailers 'm'."],
  [`${listen}|log ring@r local0`, "notice: what is logged to ring@r is lost: there is no such ring section."],
  [`resolvers r\n${listen}`, "warning: resolvers 'r' [case.cfg:5] has no nameservers configured!"],
  [`mailers m|mailer a 127.0.0.1:25\n${listen}`, "warning: Removing incomplete section 'mailers m'."],
  [`peers p|peer a 127.0.0.1:7\n${listen}`, "warning: Removing incomplete section 'peers p' (no peer named 'vm')."],
  [
    `${listen}|id 5\nbackend b|id 5|server s 127.0.0.1:6`,
    "alert: parsing [case.cfg:10] : backend b reuses same custom id as proxy l (declared at case.cfg:5).",
  ],
])("%s", (text, message) => expect(saidOf(lines(text))).toContain(message));

test("timeouts that are missing", () => {
  const said = readText(lines(listen)).diagnostics.all.map(({ text }) => text.split("\n", 1)[0]);
  expect(said).toEqual(["missing timeouts for proxy 'l'."]);
});

test("sections that are disabled are passed over", () => {
  expect(saidOf(lines("frontend f|disabled|default_backend none"))).toEqual([]);
});

test("where lines were wrong, warnings about what they failed to say are not", () => {
  expect(saidOf(lines("frontend f|bynd 127.0.0.1:5")).filter((one) => one.startsWith("warning"))).toEqual([]);
});
