/** `/ssh`: the report for the page, whatever stands in it. */
import { expect, test } from "bun:test";
import { sshDocument } from "../../../../src/ops/health/ssh-document.ts";
import { dashboardPage } from "../../../../src/ops/health/html-page.ts";
import { Inventory } from "../../../../src/ssh/inventory/inventory.ts";

test("it has the report, and what that comes to in words", () => {
  const inventory = new Inventory(
    () => Date.UTC(2026, 10, 29),
    () => null,
  );
  const identification = {
    line: "",
    protocol: "2.0",
    software: '</script>"\n',
    version: "",
    comments: null,
  };
  const side = { identification, offer: null };
  const facts = { client: side, server: side, choice: null, timeToIdentMs: 1, foreign: null, isDone: true };
  inventory.note(facts, { frontend: "git", server: "be/s1" });
  const { report, findings } = JSON.parse([...sshDocument(inventory)].join(""));
  expect(report).toMatchObject({
    document: "fairlead ssh-report",
    frontends: [{ name: "git", software: [{ software: '</script>"?', sessions: 1 }] }],
    servers: [{ name: "be/s1" }],
  });
  expect(findings).toContain("Post-quantum key exchange");
  for (const line of findings) expect(line).not.toMatch(/\n/);
});

test("the page puts what comes from outside in as text alone", () => {
  expect(dashboardPage).not.toMatch(/innerHTML|insertAdjacent|document\.write|outerHTML/);
  expect(dashboardPage).not.toMatch(/src=|@import|https?:/);
});
