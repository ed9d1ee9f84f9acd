/** Holds the Kubernetes manifests against the published schemas: `make test-ship`, which brings these first. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Manifest, readManifests } from "../manifests.ts";

type Model = new (data: Manifest) => { validate(): void };

/** The published model of a manifest's kind. */
async function modelOf({ apiVersion, kind }: Manifest): Promise<Model> {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const source = group === "monitoring.coreos.com" ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
  const path = join(import.meta.dir, "node_modules", source, group ?? "", version ?? "", `${kind}.js`);
  const model = ((await import(path)) as Record<string, Model>)[kind];
  if (model === undefined) throw new Error(`${path} has no ${kind}`);
  return model;
}

describe("Kubernetes' published schemas", () => {
  for (const manifest of readManifests()) {
    test(`take ${manifest.kind} ${manifest.metadata.name}`, async () => {
      new (await modelOf(manifest))(manifest).validate();
    });
  }

  test("refuse what is wrong", async () => {
    const deployment = readManifests().find(({ kind }) => kind === "Deployment");
    if (deployment === undefined) throw new Error("there is no Deployment");
    const wrong = structuredClone(deployment) as { spec: { replicas?: string } };
    wrong.spec.replicas = "two";
    const model = await modelOf(deployment);
    expect(() => new model(wrong as unknown as Manifest).validate()).toThrow();
  });
});
