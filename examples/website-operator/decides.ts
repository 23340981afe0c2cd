import assert from "node:assert/strict";
import { reconcileOnce } from "@moorage/operator-runtime/testing";
import { websiteController } from "./controller.ts";
import type { Website } from "./website.ts";

/** What the controller decides, without any server. */
export async function decides(): Promise<void> {
  const site: Website = {
    apiVersion: "example.dev/v1",
    kind: "Website",
    metadata: { name: "home", namespace: "default" },
    spec: { html: "<h1>Hello</h1>", replicas: 2 },
  };
  const outcome = await reconcileOnce(websiteController, site);
  assert.deepEqual(
    outcome.children?.map(({ kind }) => kind),
    ["ConfigMap", "Deployment", "Service"],
  );
  assert.equal(outcome.conditions[0]?.message, "0 of 2 pods are available");
}
