/** What an exchange asks of services: the statistics page of a proxy, and what `use-service` rules name. */
import type { HttpRules } from "../proxy/process/http-rules.ts";
import { restOf, type StatsPage } from "../proxy/process/stats-page.ts";
import type { BodyView } from "../rules/http-view.ts";
import type { Ruleset } from "../rules/ruleset.ts";
import type { Head } from "../wire/http/head.ts";
import { unchunked } from "./body-flow.ts";
import { TimedExchange } from "./exchange-time.ts";
import type { Responder, Service } from "./responder.ts";

/** An exchange as far as a service may answer it. */
export abstract class ServedExchange extends TimedExchange {
  /** What makes the answer. */
  protected service: Service | null = null;
  /** The statistics page that it asks for, and what of its target stands behind that. */
  #asked: { readonly page: StatsPage; readonly rest: string } | null = null;

  abstract get requestBody(): BodyView;

  /** Whether all of the body that there is room for has come; too late, the request is refused. */
  protected abstract isBuffered(waitMs: number): boolean;

  get #responder(): Responder | null {
    return this.side.http.responder;
  }

  /** `use-service`. False: there is none of that name. */
  serve(name: string): boolean {
    const head = this.requestHead;
    if (head === null || this.#responder === null) return false;
    this.service = this.#responder.service(name, { method: head.method, target: head.target });
    return this.service !== null;
  }

  /** Whether it is the statistics page of this half that is asked for: then what says who may see it. */
  protected pageRules(half: HttpRules | null): Ruleset | null {
    const page = half === null ? null : half.statsPage;
    if (page === null || this.#asked !== null || this.#responder === null) return null;
    const { request } = this.http;
    const rest = request === null ? null : restOf(page.plan, request);
    if (rest === null) return null;
    this.#asked = { page, rest };
    this.serveBy("<STATS>");
    return page.rules;
  }

  /** The page, as if it were a rule: a form is waited for. */
  protected get paging(): Ruleset | null {
    const asked = this.#asked;
    if (asked === null) return null;
    const isAdmin = asked.page.isAdmin(this);
    const waitMs = this.plan.httpTimeouts.httpRequestMs || this.front.plan.timeouts.clientMs || Infinity;
    const isForm = isAdmin && this.requestHead?.method === "POST";
    const step = (): "wait" | "answer" => {
      if (isForm && !this.isBuffered(waitMs)) return "wait";
      this.#servePage(asked.page, asked.rest, isAdmin);
      return "answer";
    };
    return { isEmpty: false, start: () => ({ step }) };
  }

  #servePage({ plan, proxy }: StatsPage, rest: string, isAdmin: boolean): void {
    const { fields, method } = this.requestHead as Head;
    const making = this.#responder?.stats({
      plan,
      proxy,
      method: method as "GET" | "HEAD" | "POST",
      rest,
      field(name) {
        const at = fields.find(name);
        return at < 0 ? null : fields.value(at);
      },
      isAdmin,
      form: this.#isFormWhole ? this.requestBody.bytes : null,
    });
    if (making !== undefined) this.service = { label: "<STATS>", answer: making };
  }

  get #isFormWhole(): boolean {
    const { requestMessage, side } = this;
    if (requestMessage === null) return false;
    const { body, limits } = requestMessage;
    if (body.kind === "chunked") return unchunked(side.inbox, limits, side.limits.bodyBytes).isWhole;
    return body.isDone || body.left <= Math.min(side.inbox.length, side.limits.bodyBytes);
  }

  protected answerByService({ label, answer }: Service): void {
    if (this.at === null || this.isOneSection) this.front.counters.http.intercepted += 1;
    this.page(label, answer);
  }
}
