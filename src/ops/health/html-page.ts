/** `/`: one page that shows frontends, backends and servers, and keeps itself up to date from `/status`. */

/** What the page may do: its own style and script, and requests to where it came from. Nothing else. */
export const dashboardPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page. Everything from outside goes in by textContent, never as markup. */
export const dashboardPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fairlead</title>
<style>
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --mid: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #f85149; --mid: #d29922; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
h3 { font-size: .95rem; margin: 1rem 0 .2rem; } ul { margin: .1rem 0; padding-left: 1.2rem; }
p { margin: .1rem 0; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; } .number { text-align: right; } .note { white-space: normal; min-width: 12rem; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; } .mid { color: var(--mid); }
nav a { margin-right: 1rem; }
</style>
</head>
<body>
<h1>fairlead <span id="version"></span></h1>
<p id="state" role="status" aria-live="polite">Asking…</p>
<p id="load"></p>
<nav><a href="status">status</a><a href="metrics">metrics</a><a href="healthz">healthz</a><a href="readyz">readyz</a></nav>
<h2>Frontends</h2><div class="scroll"><table id="frontends"></table></div>
<h2>Backends</h2><div class="scroll"><table id="backends"></table></div>
<div id="served" hidden><h2>Certificates</h2><div class="scroll"><table id="certificates"></table></div></div>
<div id="hostkeys" hidden><h2>SSH host keys</h2><p id="hostkeys-differ" class="bad"></p><div class="scroll"><table id="hostkeys-table"></table></div></div>
<div id="ssh" hidden><h2>SSH</h2><p id="ssh-share"></p><p id="ssh-penalties" hidden></p>
<h3>Clients</h3><div class="scroll"><table id="ssh-clients"></table></div>
<h3>Servers</h3><div class="scroll"><table id="ssh-servers"></table></div>
<h3>Chosen algorithms</h3><div class="scroll"><table id="ssh-chosen"></table></div>
<div id="ssh-findings"></div></div>
<noscript><p>This page needs scripts; <a href="status">/status</a> does not.</p></noscript>
<script>
"use strict";
const get = (id) => document.getElementById(id);
const bytes = (n) => { const units = ["B", "KiB", "MiB", "GiB", "TiB"]; let i = 0; while (n >= 1024 && i < 4) { n /= 1024; i++; } return (i ? n.toFixed(1) : n) + " " + units[i]; };
const time = (s) => s < 0 ? "never" : s < 120 ? s + " s" : s < 7200 ? Math.floor(s / 60) + " min" : s < 172800 ? Math.floor(s / 3600) + " h" : Math.floor(s / 86400) + " d";
const address = (a) => !a ? "no address" : a.kind === "tcp" ? (a.host.includes(":") ? "[" + a.host + "]" : a.host) + ":" + a.port : a.path || "abns@" + a.name;
const mood = (s) => /^(UP|OPEN|no check)/.test(s) ? "good" : /^(DOWN|STOP)/.test(s) ? "bad" : "mid";
const cell = (tag, text, name) => { const c = document.createElement(tag); c.textContent = text; if (name) c.className = name; return c; };
const heads = ["Name", "State", "Sessions", "Most", "Total", "Queued", "In", "Out", "Since", "Note"];
function fill(table, rows, names, classes) {
  const all = document.createDocumentFragment();
  const head = document.createElement("tr");
  names.forEach((text, i) => { const c = cell("th", text, i === 1 ? "" : classes(i, "")); c.scope = "col"; head.append(c); });
  all.append(head);
  for (const row of rows) {
    const line = document.createElement("tr");
    row.forEach((text, i) => line.append(cell(i ? "td" : "th", text, classes(i, text))));
    line.firstChild.scope = "row";
    all.append(line);
  }
  table.replaceChildren(all);
}
const ofLoad = (i, text) => i === 1 ? mood(text) : i > 1 && i < 9 ? "number" : i === 9 && text ? "note" : "";
const ofTime = (i, text) => i === 1 ? (parseInt(text) < 0 ? "bad" : parseInt(text) < 14 ? "mid" : "good") : "";
const load = (x) => [x.current, x.max, x.sessionsTotal];
const told = (r) => r ? r.status + (r.info ? " " + r.info : "") : "";
const note = (s) => [address(s.address), told(s.objection || (s.check && s.check.last)), s.stateCause, s.isBackup ? "backup" : "", s.hint || ""].filter(Boolean).join(", ");
const stateOf = (x) => x.maintenance && !/^(STOP|PAUSED)$/.test(x.state) ? "MAINT" : x.state;
const saying = (x) => x.maintenance ? "in maintenance since " + x.maintenance.since.slice(0, 16).replace("T", " ") + " UTC, " + x.maintenance.refused + " refused" + (x.maintenance.text ? ": " + x.maintenance.text : "") : "";
function show(status) {
  readsSsh = status.readsSsh === true;
  get("version").textContent = status.version;
  get("state").textContent = status.ready ? "Ready" : "Not ready: " + status.notReady.join(", ");
  get("state").className = status.ready ? "good" : "bad";
  const p = status.process;
  get("load").textContent = p.currentConnections + " of " + p.maxconn + " connections, " + p.totalConnections + " in all, " + p.sessionRate.current + " new sessions/s; up " + time(status.uptimeSeconds) + "; process " + status.pid + " on " + status.node + "; by " + p.transport;
  fill(get("frontends"), status.frontends.map((f) => [f.name, stateOf(f), ...load(f), "", bytes(f.bytesIn), bytes(f.bytesOut), "", [f.listeners.map((l) => address(l.address) + (l.hint ? " (" + l.hint + ")" : "")).join(" "), saying(f)].filter(Boolean).join(", ")]), heads, ofLoad);
  fill(get("backends"), status.backends.flatMap((b) => [[b.name, stateOf(b), ...load(b), b.queued, bytes(b.bytesIn), bytes(b.bytesOut), time(b.lastChangeSeconds), [b.algorithm, saying(b)].filter(Boolean).join(", ")], ...b.servers.map((s) => ["\\u00a0\\u00a0" + s.name, s.state, ...load(s), s.queued, bytes(s.bytesIn), bytes(s.bytesOut), time(s.lastChangeSeconds), note(s)])]), heads, ofLoad);
  const kept = (status.sshPenalties || []).filter((f) => f.sources + f.refused > 0);
  get("ssh-penalties").hidden = kept.length === 0;
  get("ssh-penalties").textContent = "Penalties: " + kept.map((f) => f.frontend + " keeps " + f.enforced + " of " + f.sources + " sources out, " + f.refused + " connections refused").join("; ");
  get("served").hidden = status.certificates.length === 0;
  fill(get("certificates"), status.certificates.map((c) => [c.name, c.daysLeft + " days", c.notAfter.slice(0, 10)]), ["Name", "Left", "Expires"], ofTime);
  showHostKeys(status.sshHostKeys || []);
}
const ofKeys = (i, text) => i === 1 ? (/^(differ|not as pinned|not read)/.test(text) ? "bad" : "good") : i === 5 && text ? "note" : "";
const saysKey = (k) => [k.listed ? "" : "not listed since " + minute(k.lastSeen), k.verified ? "" : "not verified", k.before ? "before it " + k.before.fingerprint + " until " + minute(k.before.lastSeen) : ""].filter(Boolean).join(", ");
function showHostKeys(backends) {
  get("hostkeys").hidden = backends.length === 0;
  get("hostkeys-differ").textContent = backends.filter((b) => b.differ).map((b) => "The servers of " + b.backend + " have different host keys: their users will be warned.").join(" ");
  const rows = backends.flatMap((b) => b.servers.flatMap((s) => {
    const differ = (k) => b.differences.some((d) => d.name === k.name);
    const state = (k) => s.pin === "refused" ? "not as pinned" : differ(k) ? "differs" : s.pin === "held" ? "as pinned" : "seen";
    const wrong = s.failure || "";
    const name = b.backend + "/" + s.name;
    if (s.keys.length === 0) return [[name, "not read yet", "", "", "", wrong]];
    return s.keys.map((k, i) => [name, state(k), k.type + " " + k.bits, k.fingerprint, minute(k.firstSeen), [saysKey(k), i === 0 ? wrong : ""].filter(Boolean).join(", ")]);
  }));
  if (rows.length > most) rows.splice(most, rows.length, ["and " + (rows.length - most) + " more", "", "", "", "", ""]);
  fill(get("hostkeys-table"), rows, ["Server", "State", "Key", "Fingerprint", "First seen (UTC)", "Note"], ofKeys);
}
let readsSsh = false;
const most = 100;
const percent = (part, all) => all === 0 ? "–" : (100 * part / all).toFixed(part === 0 || part === all ? 0 : 1) + " %";
const minute = (text) => text.slice(0, 16).replace("T", " ");
const ofCounts = (first, last) => (i) => i >= first && i <= last ? "number" : "";
const offers = (o) => [["ML-KEM", o.mlkem], ["other post-quantum", o.otherPostQuantum], ["classical", o.classical], ["nothing yet", o.unknown]].filter(([, n]) => n > 0).map(([name]) => name).join(", ");
function fillSoftware(table, places, place) {
  const all = places.flatMap((p) => p.software.map((s) => [p.name, s])).sort((a, b) => b[1].sessions - a[1].sessions);
  const rows = all.slice(0, most).map(([name, s]) => {
    const both = s.chosen.postQuantum + s.chosen.classical;
    return [name, s.software, s.version, s.sessions, percent(s.chosen.postQuantum, both), percent(s.chosen.strictKex, both), s.chosen.terrapin, offers(s.offered), minute(s.lastSeen)];
  });
  if (all.length > most) rows.push(["and " + (all.length - most) + " more", "", "", "", "", "", "", "", ""]);
  fill(get(table), rows, [place, "Software", "Version", "Sessions", "Post-quantum", "Strict", "Terrapin", "Offers", "Last seen (UTC)"], ofCounts(3, 6));
}
function showChosen(places) {
  const kinds = new Map([["kex", "key exchange"], ["hostkey", "host key"], ["cipher", "cipher"], ["mac", "MAC"], ["compression", "compression"]]);
  const counts = new Map();
  for (const p of places) for (const a of p.algorithms) if (a.chosen > 0) {
    const of = counts.get(a.kind) || new Map();
    counts.set(a.kind, of.set(a.name, (of.get(a.name) || 0) + a.chosen));
  }
  const rows = [];
  for (const [kind, title] of kinds) {
    const of = [...(counts.get(kind) || [])].sort((a, b) => b[1] - a[1]);
    const sum = of.reduce((n, [, count]) => n + count, 0);
    if (of.length > 0) rows.push([title, of.slice(0, most).map(([name, count]) => name + " " + percent(count, sum)).join(", ")]);
  }
  fill(get("ssh-chosen"), rows, ["For", "Algorithm, and its share of sessions"], (i) => i === 1 ? "note" : "");
}
function showFindings(lines) {
  const all = document.createDocumentFragment();
  let list = null;
  for (const line of lines) {
    const text = line.trim();
    if (text === "") continue;
    if (line.startsWith("    ")) {
      if (!list) all.append(list = document.createElement("ul"));
      list.append(cell("li", text));
    } else { list = null; all.append(cell(line.startsWith(" ") ? "p" : "h3", text)); }
  }
  get("ssh-findings").replaceChildren(all);
}
function showSsh({ report, findings }) {
  const sum = (of) => report.frontends.reduce((n, p) => p.software.reduce((m, s) => m + of(s.chosen), n), 0);
  const chosen = sum((c) => c.postQuantum + c.classical);
  get("ssh-share").textContent = report.sessions + (report.sessions === 1 ? " session" : " sessions") + (report.knownSince ? " since " + report.knownSince.slice(0, 10) : "") + "; of " + chosen + " that chose a key exchange " + percent(sum((c) => c.postQuantum), chosen) + " chose a post-quantum one, " + sum((c) => c.terrapin) + " are open to Terrapin";
  fillSoftware("ssh-clients", report.frontends, "Frontend");
  fillSoftware("ssh-servers", report.servers, "Server");
  showChosen(report.frontends);
  showFindings(findings);
}
async function refreshSsh() {
  try {
    if (readsSsh) showSsh(await (await fetch("ssh", { cache: "no-store" })).json());
    get("ssh").hidden = !readsSsh;
  } catch (error) {
    // What was known is shown until the process is back.
  }
  setTimeout(refreshSsh, document.hidden ? 60000 : readsSsh ? 10000 : 2000);
}
async function refresh() {
  try {
    const answer = await fetch("status", { cache: "no-store" });
    show(await answer.json());
  } catch (error) {
    get("state").textContent = "No answer: the process may have ended.";
    get("state").className = "bad";
  }
  setTimeout(refresh, document.hidden ? 10000 : 2000);
}
refresh().then(refreshSsh);
</script>
</body>
</html>
`;
