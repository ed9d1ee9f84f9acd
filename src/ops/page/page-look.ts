/** How the statistics page looks, and what it does in a browser: it works without scripts, too. */

export const pageStyle = `
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --mid: #9a6700;
  --up: #2da44e33; --way: #d4a72c44; --down: #cf222e44; --maint: #8250df2e; --drain: #218bff33; --plain: #8882; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #f85149; --mid: #d29922; } }
body { font: 14px/1.4 system-ui, sans-serif; margin: 1rem; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.4rem 0 .3rem; } small { font-weight: normal; opacity: .7; }
p { margin: .3rem 0; } nav a { margin-right: .8rem; white-space: nowrap; } nav { line-height: 2; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .15rem .4rem; text-align: right; white-space: nowrap; }
thead th { font-weight: 600; text-align: center; } th[scope=row] { text-align: left; position: sticky; left: 0; background: Canvas; }
th a, h2 a { color: inherit; text-decoration: none; }
.frontend, .backend { font-weight: 600; background: var(--plain); }
.up { background: var(--up); } .going-down, .going-up { background: var(--way); } .down, .stopped { background: var(--down); }
.maint { background: var(--maint); } .drain { background: var(--drain); } .unchecked { background: var(--plain); }
.backup th[scope=row] { font-style: italic; } .legend span { padding: .1rem .4rem; margin-right: .3rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .mid { color: var(--mid); }
.outcome { border: 1px solid; padding: .4rem .6rem; font-weight: 600; } .outcome a { color: inherit; text-decoration: none; }
button, select, input { font: inherit; }
@media (max-width: 40rem) { body { margin: .5rem; } input[type=checkbox] { width: 1.3rem; height: 1.3rem; } }
`;

export const pageScript = `
"use strict";
for (const all of document.querySelectorAll("input.all"))
  all.addEventListener("change", () => {
    for (const one of all.closest("table").querySelectorAll("input[name=s]")) one.checked = all.checked;
  });
const scope = document.getElementById("scope");
scope.addEventListener("input", () => {
  const text = scope.value.toLowerCase();
  for (const one of document.querySelectorAll("section")) one.hidden = !one.dataset.name.toLowerCase().includes(text);
});
scope.addEventListener("keydown", (event) => {
  if (event.key === "Enter") location.href = scope.dataset.uri + (scope.value ? "?scope=" + encodeURIComponent(scope.value) : "");
});
`;
