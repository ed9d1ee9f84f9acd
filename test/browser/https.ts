/** A browser over TLS: a page on an own authority, a name that no certificate has, and a certificate of its own. */
import { expect } from "bun:test";
import { certificate } from "../certificates.ts";
import { startForwarder } from "../e2e/forwarder.ts";
import { freePort, testWith } from "../e2e/harness.ts";
import { startChromium } from "./chromium.ts";

const authority = certificate({ subject: "/CN=Test CA", isCa: true });
const web = certificate({ subject: "/CN=web.test", names: "DNS:web.test", issuer: authority });
const old = certificate({ subject: "/CN=old.test", names: "DNS:old.test", issuer: authority, time: "expired" });

testWith(
  ["chromium", "certutil"],
  "a page is served over TLS, and one whose certificate is of no use is not",
  async () => {
    const port = await freePort();
    await using forwarder = await startForwarder(`frontend web
    mode http
    option httplog
    bind 127.0.0.1:${port} ssl crt ${web.bothFile} crt ${old.bothFile} alpn h2,http/1.1
    http-request return status 200 content-type text/html lf-string "<p>%[ssl_fc_sni] %[ssl_fc_protocol] %[ssl_fc_alpn]"
`);
    await using tab = await startChromium({
      authority: authority.certificateFile,
      hosts: ["web.test", "old.test", "other.test"],
    });
    await tab.open(`https://web.test:${port}/`);
    expect(await tab.value("document.querySelector('p').textContent")).toBe("web.test TLSv1.3 http/1.1");
    await forwarder.line(/ web~ web\/<NOSRV> .* "GET \/ HTTP\/1.1"$/);
    await tab.open(`https://web.test:${port}/again`);
    for (const [name, fault] of [
      ["old.test", "ERR_CERT_DATE_INVALID"],
      ["other.test", "ERR_CERT_COMMON_NAME_INVALID"],
    ]) {
      const failed = tab.open(`https://${name}:${port}/`);
      await expect(failed).rejects.toThrow(fault);
    }
  },
);
