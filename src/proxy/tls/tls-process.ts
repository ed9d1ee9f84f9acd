/** What all of the process's TLS shares: the engine, its contexts, files, counts and limits. */
import type { ClientContext, ServerContext, Tls } from "../../net/tls/secure.ts";
import type { ServerTlsPlan } from "../../plan/tls.ts";
import { CertificateStore } from "./certificates/certificate-store.ts";
import { clientContextKey, clientContextOptions, marksOf, type ServerTerms } from "./context-options.ts";
import { Contexts } from "./contexts.ts";
import { Handshakes } from "./figures/handshakes.ts";
import { TlsUse } from "./figures/tls-use.ts";

/** Loads an engine: that takes its time, and whoever never speaks TLS needs none. */
export type LoadTls = () => Promise<Tls>;

interface Known {
  readonly version: number;
  readonly store: CertificateStore;
  readonly context: ClientContext;
}

/** One per process. */
export class TlsProcess {
  readonly use = new TlsUse();
  readonly handshakes = new Handshakes();
  readonly serverContexts = new Contexts<ServerContext>();
  readonly clientContexts = new Contexts<ClientContext>();
  /** Files of the plan that runs. */
  store = new CertificateStore();
  readonly #known = new WeakMap<ServerTlsPlan, Known>();

  #engine: Tls | null = null;

  constructor(private readonly load: LoadTls | null) {}

  /** To be called before anything of a plan that speaks TLS is made. */
  async open(): Promise<void> {
    if (this.load !== null) this.#engine ??= await this.load();
  }

  /** Throws where there is none. */
  get engine(): Tls {
    if (this.#engine === null) throw new Error("TLS is not spoken here.");
    return this.#engine;
  }

  /** Another plan runs, whose files these are. */
  renew(store: CertificateStore): void {
    this.store = store;
    store.onReplaced = (mark) => {
      this.serverContexts.forget(mark);
      this.clientContexts.forget(mark);
    };
    this.serverContexts.renew();
    this.clientContexts.renew();
  }

  /** Handshakes with a server of that plan begin from this. Throws the engine's TlsOptionError where they cannot. `store`: the one it will run with. */
  clientContext(plan: ServerTlsPlan, store = this.store): ClientContext {
    const known = this.#known.get(plan);
    if (known !== undefined && known.store === store && known.version === store.version) return known.context;
    const terms: ServerTerms = {
      plan,
      certificate: plan.certificate === null ? null : store.certificate(plan.certificate),
      authorities: store.authorities(plan.authorities),
      revocations: store.revocations(plan.revocations),
    };
    const context = this.clientContexts.get(clientContextKey(terms), marksOf(terms), () =>
      this.engine.clientContext(clientContextOptions(terms)),
    );
    this.#known.set(plan, { version: store.version, store, context });
    return context;
  }
}
