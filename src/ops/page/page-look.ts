/** How the statistics page looks, and what it does in a browser: it works without scripts, too. */

export const pageStyle = `
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --mid: #9a6700;
  --up: #2da44e33; --way: #d4a72c44; --down: #cf222e44; --maint: #8250df2e; --drain: #218bff33; --plain: #8882; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #f85149; --mid: #d29922; } }
body { font: 14px/1.4 system-ui, sans-serif; margin: 1rem; font-variant-numeric: tabular-nums; }
h1, h2 { overflow-wrap: anywhere; } h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.4rem 0 .3rem; } small { font-weight: normal; opacity: .7; }
p { margin: .3rem 0; } nav a { margin-right: .8rem; white-space: nowrap; } nav { line-height: 2; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .15rem .4rem; text-align: right; white-space: nowrap; }
thead th { font-weight: 600; text-align: center; } th[scope=row] { text-align: left; position: sticky; left: 0; background: Canvas; }
th a, h2 a { color: inherit; text-decoration: none; }
th[scope=row] a { display: block; width: max-content; max-width: min(20rem, 35vw); white-space: normal; overflow-wrap: anywhere; }
.frontend, .backend { font-weight: 600; background: var(--plain); }
.up { background: var(--up); } .going-down, .going-up { background: var(--way); } .down, .stopped { background: var(--down); }
.maint { background: var(--maint); } .drain { background: var(--drain); } .unchecked { background: var(--plain); }
.backup th[scope=row] { font-style: italic; } .legend span { padding: .1rem .4rem; margin-right: .3rem; display: inline-block; }
.good { color: var(--good); } .bad { color: var(--bad); } .mid { color: var(--mid); }
.outcome { border: 1px solid; padding: .4rem .6rem; font-weight: 600; } .outcome a { color: inherit; text-decoration: none; }
button, select, input { font: inherit; }
h2 svg { height: 1.2rem; width: 7.5rem; vertical-align: middle; } polyline { fill: none; stroke: currentColor; stroke-width: 1; }
@media (max-width: 40rem) { body { margin: .5rem; } input[type=checkbox] { width: 1.3rem; height: 1.3rem; } }
`;

/**
 * Boxes for all servers of a table, the filter by names, and loading again in place: what is chosen stays, the rates of the last
 * minutes are drawn beside each name, and it is said when nobody answers any more.
 */
export const pageScript = `
"use strict";
const scope = document.getElementById("scope"), lost = document.getElementById("lost");
let main = document.querySelector("main");
const past = new Map(), most = 120, every = Number(document.body.dataset.refresh);
function filter() {
  const text = scope.value.toLowerCase();
  for (const one of main.querySelectorAll("section")) one.hidden = !one.dataset.name.toLowerCase().includes(text);
}
scope.addEventListener("input", filter);
scope.addEventListener("keydown", (event) => {
  if (event.key === "Enter") location.href = scope.dataset.uri + (scope.value ? "?scope=" + encodeURIComponent(scope.value) : "");
});
document.addEventListener("change", ({ target }) => {
  if (!target.classList.contains("all")) return;
  for (const one of target.closest("table").querySelectorAll("input[name=s]")) one.checked = target.checked;
});
function draw() {
  for (const section of main.querySelectorAll("section")) {
    const rate = section.querySelector("td.rate"), name = section.dataset.name;
    if (!rate) continue;
    const rates = past.get(name) ?? [];
    rates.push(Number(rate.textContent));
    if (rates.length > most) rates.shift();
    past.set(name, rates);
    if (rates.length < 2) continue;
    const top = Math.max(1, ...rates), space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg"), line = document.createElementNS(space, "polyline"), title = document.createElementNS(space, "title");
    picture.setAttribute("viewBox", "0 0 " + most + " 20");
    picture.setAttribute("role", "img");
    line.setAttribute("points", rates.map((one, at) => at + "," + (19 - 18 * one / top)).join(" "));
    title.textContent = "sessions/s of the last " + Math.round(rates.length * every / 60) + " minutes, at most " + top;
    picture.append(title, line);
    section.querySelector("h2").append(" ", picture);
  }
}
const keyOf = (one) => one.closest("section").dataset.name + "/" + one.value;
function take(page) {
  const next = page.querySelector("main");
  if (!next) throw new Error("what answers is no such page");
  const chosen = new Set([...main.querySelectorAll("input[name=s]:checked")].map(keyOf));
  for (const one of next.querySelectorAll("input[name=s]")) one.checked = chosen.has(keyOf(one));
  const acts = new Map([...main.querySelectorAll("select")].map((one) => [one.closest("section").dataset.name, one.value]));
  for (const one of next.querySelectorAll("select")) one.value = acts.get(one.closest("section").dataset.name) ?? "";
  const places = [...main.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
  main.replaceWith(document.adoptNode(next));
  main = next;
  main.querySelectorAll(".scroll").forEach((one, at) => { one.scrollLeft = places[at] ?? 0; });
  filter();
  draw();
}
async function refresh() {
  if (!main.contains(document.activeElement) || document.activeElement.tagName !== "SELECT") {
    try {
      const answer = await fetch(location.href.replace(/;st=[^;?&]*/, "").replace(/#.*/, ""), { cache: "no-store", signal: AbortSignal.timeout(30000) });
      if (!answer.ok) throw new Error("it answers " + answer.status);
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      lost.hidden = true;
    } catch (error) {
      if (lost.hidden) lost.textContent = "Lost since " + new Date().toLocaleTimeString() + ", and what is shown is older: " + error.message + ".";
      lost.hidden = false;
    }
  }
  setTimeout(refresh, every * 1000);
}
if (every) { draw(); setTimeout(refresh, every * 1000); }
filter();
`;
