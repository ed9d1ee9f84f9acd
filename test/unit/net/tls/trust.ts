/** Tests of their own process, for the environment is read as one starts: what comes of handshakes with one whom only that trusts. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { certificate } from "../../../certificates.ts";
import { clientDefaults, serverDefaults } from "../../../contract/tls-transport.ts";
import { meet, part, said, ways } from "./pair.ts";

const stranger = {
  certificate: readFileSync(process.env["TRUST_CERTIFICATE"] ?? "", "utf8"),
  key: readFileSync(process.env["TRUST_KEY"] ?? "", "utf8"),
};
const authority = certificate({ subject: "/CN=Test CA", isCa: true });

for (const way of ways)
  test(way.name, async () => {
    const { tls } = way;
    const seen: unknown[] = [];
    for (const ca of [[authority.certificate], []]) {
      const choose = tls.serverContext({ ...serverDefaults, identities: [stranger] });
      const client = tls.clientContext({ ...clientDefaults, ca });
      const met = await meet(way, { choose, client, clientOptions: { verifyName: null } });
      seen.push(said(met.client));
      await part(met);
    }
    for (const verify of ["required", "optional"] as const) {
      const choose = tls.serverContext({ ...serverDefaults, identities: [stranger], verify, ca: [] });
      const client = tls.clientContext({ ...clientDefaults, identity: stranger, ca: [], verify: false });
      const met = await meet(way, { choose, client });
      seen.push(said(met.server));
      await part(met);
    }
    expect(seen).toEqual(["certificate", "certificate", "certificate", "certificate"]);
  });
