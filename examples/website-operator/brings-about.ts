import assert from "node:assert/strict";
import type { ClusterConfig } from "@moorage/kube-client";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { testOperator } from "@moorage/operator-runtime/testing";
import { websiteController } from "./controller.ts";
import { Website } from "./website.ts";

/** What it brings about on an API server that has the CRD. */
export async function bringsAbout(cluster: ClusterConfig): Promise<void> {
  const operator = await testOperator({ cluster, controllers: [websiteController] });
  const key = { namespace: "default", name: "home" };
  await operator.apply(Website, {
    apiVersion: "example.dev/v1",
    kind: "Website",
    metadata: key,
    spec: { html: "<h1>Hello</h1>", replicas: 1 },
  });
  await operator.settled();

  await operator.delete(ConfigMap, key);
  await operator.settled();
  const page = await operator.client.get(ConfigMap, key);
  assert.equal(page.data?.["index.html"], "<h1>Hello</h1>", "what was deleted is back");
  await operator.stop();
}
