/** The files of TLS of a process made up, with all that commands need of them. */
import { readAddedEntry } from "../../../src/config/finish/added-entry.ts";
import {
  certificateComplaint,
  issuerComplaint,
  readAuthoritiesPayload,
  readCertificatePayload,
  readKeyPayload,
  readRevocationsPayload,
} from "../../../src/config/tls/payload.ts";
import type { Tls } from "../../../src/net/tls/secure.ts";
import type { TlsPayloads } from "../../../src/ops/admin/sources.ts";
import { type BindTlsPlan, noTlsFiles, type ServerTlsPlan, type TlsFilesPlan } from "../../../src/plan/tls.ts";
import { CertificateStore } from "../../../src/proxy/tls/certificates/certificate-store.ts";
import { TlsProcess } from "../../../src/proxy/tls/tls-process.ts";
import type { Running } from "../../../src/proxy/running.ts";
import { TlsOperator } from "../../../src/proxy/tls-operator.ts";

export interface TlsStage {
  readonly files: TlsFilesPlan;
  readonly binds: readonly BindTlsPlan[];
  readonly servers: readonly ServerTlsPlan[];
  /** What it has of an engine: there once it is opened. */
  readonly engine: object;
}

/** What an operator has of a frontend with these listeners, and a backend with these servers. */
export function stageTls({ files = noTlsFiles, binds = [], servers = [], engine = {} }: Partial<TlsStage> = {}) {
  const work = CertificateStore.of(files);
  let step = work.next();
  while (step.done !== true) step = work.next();
  const store = step.value;
  const position = { file: "h.cfg", line: 12 };
  const front = { plan: { name: "f", mode: "tcp", binds: binds.map((tls) => ({ tls, position, text: ":443" })) } };
  const back = { plan: { servers: servers.map((tls) => ({ tls })) } };
  const process = new TlsProcess(() => Promise.resolve(engine as Tls));
  process.renew(store);
  const running = { state: { tls: process }, frontends: new Map([["f", front]]), backends: new Map([["b", back]]) };
  return { store, process, tls: new TlsOperator(running as unknown as Running) };
}

export const tlsPayloads: TlsPayloads = {
  certificate: (name, text) => readCertificatePayload(name, text, noTlsFiles.chains),
  key: readKeyPayload,
  issuerComplaint,
  certificateComplaint,
  authorities: readAuthoritiesPayload,
  revocations: readRevocationsPayload,
  listLine: readAddedEntry,
};
