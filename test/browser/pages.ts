/** The statistics page and the dashboard in a browser: they load, filter, say when they have lost the process, and fit a phone. */
import { expect } from "bun:test";
import { type Forwarder, startForwarder } from "../e2e/forwarder.ts";
import { freePort, scratch, testWith } from "../e2e/harness.ts";
import { command } from "../e2e/sockets.ts";
import { sshThrough, startSshd } from "../e2e/sshd.ts";
import { startChromium, type Tab } from "./chromium.ts";

const long = `a_frontend_of_${"x".repeat(80)}`;

function sections(port: number): string {
  return `defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
listen st
    bind 127.0.0.1:${port}
    stats enable
    stats uri /stats
    stats admin if TRUE
    stats refresh 1s
    stats show-modules
    stats show-legends
frontend ${long}
    bind abns@fairlead-browser-${port}
    default_backend behind
backend behind
    server first 127.0.0.1:1
    server second.of-a-long-name.example.com_${"y".repeat(60)} 127.0.0.1:1
`;
}

async function withPage(body: (tab: Tab, url: string, forwarder: Forwarder) => Promise<void>): Promise<void> {
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port), { whole: true });
  await using tab = await startChromium();
  await body(tab, `http://127.0.0.1:${port}/stats`, forwarder);
}

const shown = `[...document.querySelectorAll("section")].filter((one) => !one.hidden).map((one) => one.dataset.name).join()`;

testWith(["chromium"], "the page loads in place, draws rates, and keeps what is chosen", async () => {
  await withPage(async (tab, url) => {
    await tab.open(url);
    expect(await tab.value("document.querySelector('h1').textContent")).toStartWith("fairlead");
    expect(await tab.value(shown)).toBe(`st,${long},behind`);
    await tab.value(`void document.querySelector("input[name=s]").click()`);
    await tab.until("rates are drawn", `document.querySelectorAll("h2 svg polyline").length === 3`);
    expect(await tab.value("document.querySelector('input[name=s]').checked")).toBe(true);
    await tab.value(`void document.querySelector("input.all").click()`);
    expect(await tab.value("document.querySelectorAll('input[name=s]:checked').length")).toBe(2);
    expect(tab.faults).toEqual([]);
  });
});

testWith(
  ["chromium"],
  "its field filters by name, also after it was loaded again, and leads to a page of that",
  async () => {
    await withPage(async (tab, url) => {
      await tab.open(url);
      await tab.value("document.getElementById('scope').focus()");
      for (const key of "BEH") await tab.press(key);
      expect(await tab.value(shown)).toBe("behind");
      await tab.until("it was loaded again", `document.querySelectorAll("h2 svg").length > 0`);
      expect(await tab.value(shown)).toBe("behind");
      await tab.press("Enter");
      await tab.until(
        "the page of a scope",
        `location.href.endsWith("?scope=BEH") && document.readyState === "complete"`,
      );
      expect(await tab.value(`document.querySelectorAll("section").length`)).toBe(1);
      expect(await tab.value("document.getElementById('scope').value")).toBe("BEH");
      expect(tab.faults).toEqual([]);
    });
  },
);

testWith(["chromium"], "its form changes servers", async () => {
  await withPage(async (tab, url) => {
    await tab.open(url);
    await tab.value(`{
      const form = document.querySelector("form");
      form.querySelector("input[value=first]").checked = true;
      form.querySelector("select").value = "maint";
      form.querySelector("button").click();
    }`);
    await tab.until("its answer", `location.href.includes(";st=DONE") && document.querySelector("tr.maint") !== null`);
    expect(await tab.value("document.querySelector('.outcome').textContent")).toContain("processed successfully");
    expect(tab.faults).toEqual([]);
  });
});

const lost = {
  stats:
    "!document.getElementById('lost').hidden && document.getElementById('lost').textContent.startsWith('Lost since ')",
  dashboard: "document.getElementById('state').textContent.startsWith('No answer')",
};
const found = {
  stats: "document.getElementById('lost').hidden && document.querySelectorAll('section').length === 3",
  dashboard: "document.getElementById('state').textContent === 'Ready'",
};

testWith(["chromium"], "both pages say that they have lost the process, and the first shows the next", async () => {
  const port = await freePort();
  await using tab = await startChromium();
  for (const page of ["dashboard", "stats"] as const) {
    {
      await using forwarder = await startForwarder(sections(port), { whole: true });
      await tab.open(page === "stats" ? `http://127.0.0.1:${port}/stats` : `http://${forwarder.health}/`);
      await tab.until("it shows something", found[page]);
      expect(tab.faults).toEqual([]);
    }
    await tab.until("it says so", lost[page]);
    // That nobody answered is told by the browser, too.
    expect(tab.faults.splice(0).filter((one) => !one.includes("ERR_CONNECTION_REFUSED"))).toEqual([]);
  }
  await using _ = await startForwarder(sections(port), { whole: true });
  await tab.until("it goes on", found.stats);
});

testWith(["chromium"], "both pages fit a phone, whatever names there are", async () => {
  await withPage(async (tab, url, forwarder) => {
    const pages = [
      [url, `document.querySelectorAll("h2 svg").length === 3`],
      [`http://${forwarder.health}/`, found.dashboard],
    ] as const;
    for (const width of [320, 360, 768]) {
      await tab.resize(width, 740);
      for (const [page, isWhole] of pages) {
        await tab.open(page);
        await tab.until("it is whole", isWhole);
        const widest = await tab.value("document.documentElement.scrollWidth");
        expect([page, width, widest]).toEqual([page, width, width]);
        // Names that stay while a table is moved leave room for it.
        const names = await tab.value<number>(
          `Math.max(...[...document.querySelectorAll("th[scope=row]")].filter((one) => getComputedStyle(one).position === "sticky").map((one) => one.offsetWidth), 0)`,
        );
        expect(names).toBeLessThan(width / 2);
      }
    }
    expect(tab.faults).toEqual([]);
  });
});

testWith(["chromium", "ssh", "sshd"], "the dashboard tells of SSH, and of maintenance", async () => {
  await using sshd = await startSshd();
  const [port, plain] = [await freePort(), await freePort()];
  using folder = scratch();
  const admin = folder.file("admin");
  const sections = `frontend git
    bind 127.0.0.1:${port}
    option ssh
    default_backend be
frontend moved
    bind 127.0.0.1:${plain}
    default_backend be
backend be
    ssh-hostkeys
    server s1 127.0.0.1:${sshd.port}
    server s2 127.0.0.1:${sshd.port} weight 0 ssh-hostkey SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU
`;
  await using forwarder = await startForwarder(sections, { global: `    stats socket ${admin} level admin\n` });
  await sshThrough(sshd, "127.0.0.1", port, "true");
  expect(await command(admin, "set maintenance moved on <b>gone</b>\n")).toBe("\n");
  await using tab = await startChromium();
  await tab.open(`http://${forwarder.health}/`);
  await tab.until("SSH is shown", `!document.getElementById("ssh").hidden`);
  const text = (id: string): Promise<string> => tab.value(`document.getElementById("${id}").textContent`);
  expect(await text("ssh-share")).toMatch(/^1 session since \S+; of 1 that chose a key exchange 0 % chose/);
  expect(await text("ssh-clients")).toMatch(/gitOpenSSH9\./);
  expect(await text("ssh-servers")).toMatch(/be\/s1OpenSSH/);
  expect(await text("ssh-chosen")).toContain("key exchangecurve25519-sha256 100 %");
  expect(await text("ssh-findings")).toContain("servers that offer no ML-KEM: 1");
  await tab.until(
    "all host keys are shown",
    `/be\\/s2not as pinned/.test(document.getElementById("hostkeys-table").textContent)`,
  );
  expect(await text("hostkeys-table")).toMatch(/be\/s1seenED25519 256SHA256:\S{43}20\d\d-/);
  expect(await text("backends")).toMatch(/s2DOWN.*L7RSP its host key is not pinned: SHA256:/);
  expect(await text("frontends")).toMatch(/movedMAINT.*in maintenance since .*, 0 refused: <b>gone<\/b>/);
  await tab.resize(375, 700);
  expect(await tab.value("document.documentElement.scrollWidth")).toBe(375);
  expect(tab.faults).toEqual([]);
});
