import { Client, Discovery, loadKubeconfig } from "@moorage/kube-client";
import type { KubeObject } from "@moorage/kube-types";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { installManifest } from "./installation.ts";
import { readManifests } from "./manifests.ts";
import { typeOfObject } from "./resource-arguments.ts";

/** Applies `deploy/install.yaml`, as on any cluster, with what a cluster without DNS needs. */
export async function installOperator(kubeconfig: string): Promise<void> {
  const client = new Client({ cluster: await loadKubeconfig({ paths: [kubeconfig] }), fieldManager: "moorage-dev" });
  try {
    const discovery = await Discovery.load(client);
    for (const { object } of await readManifests([installManifest])) {
      await client.apply(typeOfObject(discovery, object), forDevCluster(object));
    }
  } finally {
    await client.close();
  }
}

/** The dev cluster has no DNS for clients outside its pods, so URLs name Services by address. */
function forDevCluster(object: KubeObject): KubeObject {
  if (!isDeployment(object)) return object;
  const [operator, ...others] = object.spec.template.spec?.containers ?? [];
  if (!operator) return object;
  // One replica needs no election, and a restart after kill -9 need not wait for its predecessor's Lease.
  const kept = (operator.args ?? []).filter((argument) => argument !== "--leader-elect");
  const args = [...kept, "--service-address=clusterIP"];
  const pod = { ...object.spec.template.spec, containers: [{ ...operator, args }, ...others] };
  const template = { ...object.spec.template, spec: pod };
  const spec = { ...object.spec, replicas: 1, strategy: { type: "Recreate" }, template };
  const deployment: Deployment = { ...object, spec };
  return deployment;
}

function isDeployment(object: KubeObject): object is Deployment {
  return object.kind === Deployment.kind;
}
