/** Pages that are made elsewhere: what the exchange asks for, and what it is given to send. */
import type { StatsPagePlan } from "../../plan/http.ts";

/** Fields of a request, by name in lower case; null: there is none. */
export type FieldOf = (name: string) => string | null;

/** A request for the statistics page of a proxy, which its rules have let pass. */
export interface StatsRequest {
  readonly plan: StatsPagePlan;
  /** The proxy that the page stands in. */
  readonly proxy: string;
  readonly method: "GET" | "HEAD" | "POST";
  /** What of the target stands behind the page's URI; latin1. */
  readonly rest: string;
  readonly field: FieldOf;
  /** One of the `stats admin` lines holds. */
  readonly isAdmin: boolean;
  /** A form, so far as it fits into a buffer; null: it does not. Only lent. */
  readonly form: Uint8Array | null;
}

/** A request that a `use-service` rule gives to a service. */
export interface ServiceRequest {
  readonly method: string;
  /** Latin1. */
  readonly target: string;
}

/** Takes a piece of the body; resolves once more is wanted, false: nobody wants any more. */
export type Write = (text: string) => Promise<boolean>;

/** What is to be sent; Content-Length, Transfer-Encoding and Connection are not among the fields. */
export interface ServiceAnswer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Writes the body, as slowly as it is taken; false: it broke off. Null: there is none. */
  readonly pour: ((write: Write) => Promise<boolean>) | null;
}

/** Who makes pages. One per process. */
export interface Responder {
  stats(request: StatsRequest): Promise<ServiceAnswer>;
  /** Null: there is none of that name. `label`: its name in logs, in the place of a server's. */
  service(
    name: string,
    request: ServiceRequest,
  ): { readonly label: string; readonly answer: Promise<ServiceAnswer> } | null;
}
