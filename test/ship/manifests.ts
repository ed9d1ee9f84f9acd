/** The Kubernetes manifests as the tests read them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { shipped } from "./stage.ts";

interface Port {
  readonly name: string;
  readonly port: number | string;
  readonly targetPort: string;
  readonly containerPort: number;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly ports: readonly Port[];
  readonly securityContext: unknown;
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

type Labels = Record<string, string>;

/** One document; of the specification's fields each kind has its own. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly spec: {
    readonly selector: Labels & { readonly matchLabels: Labels };
    readonly podSelector: { readonly matchLabels: Labels };
    readonly ports: readonly Port[];
    readonly endpoints: readonly Port[];
    readonly ingress: readonly { readonly ports: readonly Port[] }[];
    readonly externalTrafficPolicy: string;
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly containers: readonly Container[];
        readonly securityContext: unknown;
        readonly terminationGracePeriodSeconds: number;
      };
    };
  };
}

/** Where they are. */
export const kubernetes = join(shipped, "kubernetes");

/** All of them, without what only kustomize reads. */
export function readManifests(): Manifest[] {
  return readdirSync(kubernetes, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yaml") && !file.endsWith("kustomization.yaml"))
    .flatMap((file) => [Bun.YAML.parse(readFileSync(join(kubernetes, file), "utf8"))].flat() as Manifest[]);
}
