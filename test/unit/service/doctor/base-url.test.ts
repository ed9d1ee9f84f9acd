/** What is said of an SSH base URL, by what is behind it. */
import { expect, test } from "bun:test";
import { type BaseUrlAnswer, examineBaseUrl } from "../../../../src/service/doctor/base-url.ts";
import { planOf } from "../../config/reading.ts";

type Leads = BaseUrlAnswer["leads"];

/** Of a URL behind whose addresses that was found; the second one of several is the machine's own. */
function found(
  leads: readonly Leads[],
  own: { readonly running?: number; readonly bind?: string; readonly failure?: string } = {},
) {
  const plan = planOf(`listen a\n bind 192.0.2.9:7999${own.bind ?? ""}\n option ssh\n server s 192.0.2.1:7999\n`);
  const answers = leads.map((one, index): BaseUrlAnswer => ({
    address: index === 0 ? "192.0.2.9" : "127.0.0.1",
    leads: one,
    identification: "SSH-2.0-x",
    keys: [],
    failure: own.failure ?? "Connection refused",
  }));
  const verified = { url: "ssh://git.test", answers };
  return examineBaseUrl(verified, { plan, running: own.running ?? null }, []).map(({ severity, id, what, fix }) => [
    severity,
    id,
    what,
    fix,
  ]);
}

const fix = "plugin.ssh.baseurl=ssh://192.0.2.9:7999";

test("it leads here, by all its addresses or by some", () => {
  expect(found(["here", "here"])).toEqual([]);
  expect(found(["unanswered", "here"])).toEqual([
    ["warning", "base-url-unanswered", "ssh://git.test does not answer as SSH at 192.0.2.9: Connection refused", fix],
  ]);
});

test("it does not, or nobody can tell", () => {
  const said = (leads: Leads): unknown[] => found([leads]).map(([severity, id]) => [severity, id]);
  expect((["past", "elsewhere", "unknown", "unanswered"] as const).map(said)).toEqual([
    [["warning", "base-url-past"]],
    [["error", "base-url-elsewhere"]],
    [["warning", "base-url-unknown"]],
    [["error", "base-url-unanswered"]],
  ]);
  expect(found([])).toEqual([
    ["error", "base-url-unresolved", "ssh://git.test leads nowhere: its name has no address", fix],
  ]);
});

test("before fairlead runs this machine need not answer", () => {
  const before = found(["here", "unanswered"]);
  expect(before).toEqual([
    ["note", "base-url-early", expect.stringContaining("at 127.0.0.1 Connection refused"), null],
  ]);
  expect(found(["here", "unanswered"], { running: 7 })).toEqual([
    ["warning", "base-url-unanswered", expect.anything(), fix],
  ]);
});

test("who sends no PROXY header is not served where one is expected", () => {
  const [[, , what] = []] = found(["unanswered"], { bind: " accept-proxy" });
  expect(what).toEndWith("; where 'accept-proxy' stands, only whoever sends a PROXY header is served");
});

test("a server that has no time for us is there", () => {
  const failure = 'the server has no room for more clients ("Exceeded MaxStartups")';
  expect(found(["unanswered"], { failure })).toEqual([
    ["warning", "base-url-busy", `ssh://git.test is not verified: ${failure}`, null],
  ]);
});
