/** Configurations as they are found in the world: the page's, and Debian's with the page's sections after it. */
import { expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { binary, isHaproxy, startForwarder } from "./forwarder.ts";
import { freePort, run, scratch, testWith } from "./harness.ts";
import { sshThrough, startSshd } from "./sshd.ts";

/**
 * The example of the page that this program follows, on ports of the test's choice. HAProxy refuses to start where it
 * cannot have the descriptors.
 */
function pageText(port: number, server: number): string {
  return `global
       maxconn ${isHaproxy ? "1000" : "10000"}

defaults
       timeout connect 500s
       timeout client 5000s
       timeout server 1h

frontend sshd
       bind *:${port}
       default_backend ssh
       timeout client 1h

backend ssh
       mode tcp
       server localhost-bitbucket-ssh 127.0.0.1:${server} check port ${server}
`;
}

/** The page's sections as one adds them to a file whose defaults speak HTTP. */
function pageSections(port: number, server: number): string {
  return `
frontend sshd
       mode tcp
       option tcplog
       bind *:${port}
       default_backend ssh
       timeout client 1h

backend ssh
       mode tcp
       server localhost-bitbucket-ssh 127.0.0.1:${server} check port ${server}
`;
}

/** What a Debian system has in /etc/haproxy/haproxy.cfg, as far as it matters: the same keywords, none of its text. */
function debianLike(folder: string): string {
  mkdirSync(`${folder}/errors`, { recursive: true });
  const codes = [400, 403, 408, 500, 502, 503, 504];
  for (const code of codes) {
    writeFileSync(
      `${folder}/errors/${code}.http`,
      `HTTP/1.0 ${code} Error\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nError ${code}\n`,
    );
  }
  return `global
	log /dev/log	local0
	log /dev/log	local1 notice
	stats socket ${folder}/admin.sock mode 660 level admin
	stats timeout 30s
	daemon

	ca-base /etc/ssl/certs
	crt-base /etc/ssl/private
	ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256
	ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384
	ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets

defaults
	log	global
	mode	http
	option	httplog
	option	dontlognull
	timeout connect 5000
	timeout client  50000
	timeout server  50000
${codes.map((code) => `	errorfile ${code} ${folder}/errors/${code}.http\n`).join("")}`;
}

async function check(file: string): Promise<{ code: number | null; stdout: string; alerts: string[] }> {
  const { code, stdout, stderr } = await run([binary, "-f", file, "-c"]);
  return { code, stdout, alerts: stderr.split("\n").filter((line) => /ALERT|WARNING/.test(line)) };
}

testWith(["sshd", "ssh", "curl"], "the page's file is valid, runs unchanged, and ssh goes through", async () => {
  await using sshd = await startSshd();
  using folder = scratch();
  const port = await freePort();
  const file = folder.file("haproxyconf.txt");
  writeFileSync(file, pageText(port, sshd.port));
  expect(await check(file)).toEqual({ code: 0, stdout: "Configuration file is valid\n", alerts: [] });
  await using forwarder = await startForwarder(pageText(port, sshd.port), { whole: true });
  expect(await sshThrough(sshd, "127.0.0.1", port, "echo forwarded")).toBe("forwarded\n");
  await forwarder.expectQuiet();
});

testWith(["sshd", "ssh", "curl"], "Debian's stock file with the page's sections after it", async () => {
  await using sshd = await startSshd();
  using folder = scratch();
  const port = await freePort();
  const stock = "/etc/haproxy/haproxy.cfg";
  // What matters here is forwarding: in the foreground, the paths that only root has kept out of it.
  const text =
    existsSync(stock) && existsSync("/etc/haproxy/errors") ? readFileSync(stock, "utf8") : debianLike(folder.path);
  const file = folder.file("stock.cfg");
  writeFileSync(file, text + pageSections(port, sshd.port));
  const checked = await check(file);
  expect({ code: checked.code, alerts: checked.alerts }).toEqual({ code: 0, alerts: [] });

  const running = debianLike(folder.path) + pageSections(port, sshd.port);
  await using forwarder = await startForwarder(running, { whole: true, arguments: ["-db"] });
  expect(await sshThrough(sshd, "127.0.0.1", port, "echo forwarded")).toBe("forwarded\n");
  // One socket for each log line in global: they open with the first message.
  await forwarder.expectQuiet(2);
});

testWith([], "bind in a backend, where the page has one, gets a warning", async () => {
  using folder = scratch();
  const file = folder.file("page.cfg");
  writeFileSync(
    file,
    `${pageText(await freePort(), 7999)}
backend http
       bind *:${await freePort()}
       server localhost-bitbucket-http 127.0.0.1:7990
`,
  );
  const { code, stderr } = await run([binary, "-f", file, "-c"]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/WARNING.*'bind' ignored because backend 'http' has no frontend capability/);
});

/** A file that HAProxy warns about, for an option that needs HTTP. */
function warnedText(global: string): string {
  return `global
    ${global}
defaults
    mode tcp
    timeout connect 1s
    timeout client 1s
    timeout server 1s
    option forwardfor
listen l
    bind 127.0.0.1:1
    server s 127.0.0.1:1
`;
}

testWith([], "zero-warning takes warnings for errors, at a check and at a start", async () => {
  using folder = scratch();
  const file = folder.file("warning.cfg");
  writeFileSync(file, warnedText("maxconn 10"));
  expect((await run([binary, "-c", "-f", file])).code).toBe(0);
  writeFileSync(file, warnedText("zero-warning"));
  for (const words of [["-c"], []]) {
    const { code, stderr } = await run([binary, ...words, "-f", file]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("'zero-warning' is set. Aborting.")]);
  }
});
