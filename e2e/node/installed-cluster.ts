import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, Discovery, loadKubeconfig } from "@moorage/kube-client";
import { Deployment } from "@moorage/kube-types/apps-v1";
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
  await eventually("both operators are available", 60_000, async () => {
    const { status } = await client.get(Deployment, operatorKey);
    return status?.availableReplicas === 2 ? true : undefined;
  });
}
