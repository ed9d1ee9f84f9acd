/** The Kubernetes manifests: that they belong together, and that their configuration is valid. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../e2e/harness.ts";
import { kubernetes as folder, type Manifest, readManifests } from "./manifests.ts";
import { shipped } from "./stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const manifests = readManifests();

function manifest(kind: string, name = "fairlead"): Manifest {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

const pod = manifest("Deployment").spec.template;
const container = firstOf(pod.spec.containers);
function firstOf<One>(several: readonly One[]): One {
  const [first] = several;
  if (first === undefined) throw new Error("there is none");
  return first;
}

const labels = { "app.kubernetes.io/name": "fairlead" };

describe("kubernetes", () => {
  test("kustomize is told of every manifest", () => {
    for (const part of ["base", "monitoring"]) {
      const { resources } = Bun.YAML.parse(readFileSync(join(folder, part, "kustomization.yaml"), "utf8")) as {
        resources: string[];
      };
      const there = readdirSync(join(folder, part)).filter(
        (file) => file.endsWith(".yaml") && file !== "kustomization.yaml",
      );
      expect(resources.filter((name) => name !== "../base").sort()).toEqual(there.sort());
    }
  });

  test("selectors choose the pods, and ports by name are the container's", () => {
    expect(pod.metadata.labels).toEqual(labels);
    expect(manifest("Deployment").spec.selector.matchLabels).toEqual(labels);
    expect<object>(manifest("Service").spec.selector).toEqual(labels);
    expect<object>(manifest("Service", "fairlead-health").spec.selector).toEqual(labels);
    expect(manifest("PodDisruptionBudget").spec.selector.matchLabels).toEqual(labels);
    expect(manifest("NetworkPolicy").spec.podSelector.matchLabels).toEqual(labels);
    const monitored = manifest("ServiceMonitor").spec.selector.matchLabels;
    expect(manifest("Service", "fairlead-health").metadata.labels ?? {}).toEqual(monitored);
    expect(manifest("Service").metadata.labels ?? {}).not.toEqual(monitored);
    const ports = container.ports.map((port) => port.name);
    const named = [
      ...manifests
        .filter(({ kind }) => kind === "Service")
        .flatMap(({ spec }) => spec.ports.map((port) => port.targetPort)),
      ...(["startupProbe", "livenessProbe", "readinessProbe"] as const).map((probe) => container[probe].httpGet.port),
      ...manifest("NetworkPolicy").spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port)),
    ];
    expect(named.filter((name) => !ports.some((port) => port === name))).toEqual([]);
    expect(firstOf(manifest("ServiceMonitor").spec.endpoints).port).toBe("health");
  });

  test("keeps the client's address, runs without rights, and gives sessions their time", () => {
    expect(manifest("Service").spec.externalTrafficPolicy).toBe("Local");
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 99 });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    const text = readFileSync(join(folder, "base/fairlead.cfg"), "utf8");
    const hardStopSeconds = Number(/hard-stop-after (\d+)m/.exec(text)?.[1]) * 60;
    const drainSeconds = container.lifecycle.preStop.sleep.seconds;
    expect(hardStopSeconds + drainSeconds).toBeLessThan(pod.spec.terminationGracePeriodSeconds);
    expect(container.readinessProbe.periodSeconds * container.readinessProbe.failureThreshold).toBeLessThan(
      drainSeconds,
    );
  });

  test("the configuration listens where the container says, and is valid", async () => {
    const file = join(folder, "base/fairlead.cfg");
    const port = container.ports.find((one) => one.name === "ssh")?.containerPort;
    expect(readFileSync(file, "utf8")).toContain(`bind :::${port} v4v6`);
    const said = await must([join(shipped, "bin/fairlead"), "-c", "-V", "-f", file]);
    expect(said).toBe("Configuration file is valid\n");
  });
});
