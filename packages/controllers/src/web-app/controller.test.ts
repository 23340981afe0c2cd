import { memoryView, reconcileOnce } from "@moorage/operator-runtime/testing";
import type { WebApp } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { images } from "../testing/mcp-server-fixtures.ts";
import { webAppController } from "./controller.ts";

const controller = webAppController(images);
const shop: WebApp = {
  apiVersion: "example.com/v1",
  kind: "WebApp",
  metadata: { name: "shop", namespace: "town", uid: "uid-shop", generation: 1 },
  spec: { image: "shop:1", replicas: 2, port: 8080 },
};

describe("webAppController()", () => {
  it("wants a Deployment and a Service, and says that it has seen the app", async () => {
    const outcome = await reconcileOnce(controller, shop);
    expect(outcome.children?.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      "Deployment/shop",
      "Service/shop",
    ]);
    expect(outcome.status).toMatchObject({ phase: "Created" });
  });

  it("leaves what runs as it was when the pod template cannot be merged", async () => {
    const podTemplateSpec = JSON.parse('{"spec": {"containers": [{"image": "no-name:1"}]}}');
    const outcome = await reconcileOnce(controller, { ...shop, spec: { ...shop.spec, podTemplateSpec } });
    expect(outcome.children).toBeUndefined();
    expect(outcome.status).toMatchObject({ phase: "Failed" });
  });

  it("looks at every app again each 30 s", () => {
    expect(controller.requeueEveryMs).toBe(30_000);
  });

  it("says Deleting last", () => {
    expect(controller.deletingStatus?.(shop, memoryView(controller, []))).toEqual({ phase: "Deleting" });
  });
});
