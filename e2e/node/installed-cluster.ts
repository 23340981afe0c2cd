import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, Discovery, loadKubeconfig } from "@moorage/kube-client";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { parseManifests } from "../../apps/cli/src/manifests.ts";
import { eventually } from "../eventually.ts";

export const operatorKey = { namespace: "moorage-system", name: "moorage-operator" };

/** A client for the cluster that `npm run test:node` has started, with the operator installed as a user would. */
export async function installedCluster(): Promise<Client> {
  const kubeconfig = process.env["MOORAGE_NODE_KUBECONFIG"];
  if (!kubeconfig) throw new Error("MOORAGE_NODE_KUBECONFIG is not set: run this with `npm run test:node`");
  const client = new Client({ cluster: await loadKubeconfig({ paths: [kubeconfig] }), fieldManager: "e2e" });
  await install(client);
  return client;
}

async function install(client: Client): Promise<void> {
  const file = join(import.meta.dirname, "../../deploy/install.yaml");
  for (const { object } of parseManifests(await readFile(file, "utf8"), file)) {
    await eventually(`${object.kind} "${object.metadata.name}" is applied`, 20_000, async () =>
      client.apply(
        (await Discovery.load(client)).resolve(object.kind === "Deployment" ? "deployments.apps" : object.kind).type,
        object,
      ),
    );
  }
  await operatorsReplaced(client);
}

/**
 * Resolves when every operator runs as its Deployment says, and no other is left: one of another release could lead
 * meanwhile, and its successor would roll the proxies that it has made.
 */
export async function operatorsReplaced(client: Client): Promise<void> {
  await eventually("every operator is as its Deployment says, and the only ones", 180_000, async () => {
    const { metadata, spec, status } = await client.get(Deployment, operatorKey);
    const pods = await client.list(Pod, { namespace: operatorKey.namespace });
    const counts = [status?.updatedReplicas, status?.availableReplicas, pods.items.length];
    const isSeen = status?.observedGeneration === metadata.generation;
    return isSeen && counts.every((count) => count === spec.replicas) ? true : undefined;
  });
}
