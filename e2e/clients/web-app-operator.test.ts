import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { controllersOf, webhooks } from "@moorage/controllers";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { ValidatingWebhookConfiguration } from "@moorage/kube-types/admissionregistration-v1";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { Service } from "@moorage/kube-types/core-v1";
import { createLogger, Manager } from "@moorage/operator-runtime";
import { WebApp } from "@moorage/resources";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { eventually } from "../eventually.ts";
import { hasBinaries, type Server, servers } from "./servers.ts";

const namespace = "default";
const key = { namespace, name: "nginx-app" };
const cases = servers.filter(({ name, needs }) => hasBinaries(needs, `the WebApp operator on ${name}`));

/** The document's, in the namespace that kubectl would put it into. */
async function sample(): Promise<WebApp> {
  const app: WebApp = parse(await readFile(join(import.meta.dirname, "../samples/S3-webapp-nginx-app.yaml"), "utf8"));
  return { ...app, metadata: { ...app.metadata, namespace } };
}

/** The WebApp controller and its webhook alone, with certificates that last for seconds. */
function operator(cluster: Awaited<ReturnType<typeof loadKubeconfig>>): Manager {
  const manager = new Manager({
    cluster,
    log: createLogger({ level: "error" }),
    metrics: false,
    probes: false,
    webhooks: {
      webhooks: webhooks().filter(({ for: type }) => type.kind === WebApp.kind),
      target: { url: "https://127.0.0.1:0" },
      address: { host: "127.0.0.1", port: 0 },
      namespace,
      name: "web-app-hooks",
      certificates: { authorityMs: 20_000, servingMs: 10_000, overlapMs: 2_000 },
      checkEveryMs: 100,
    },
  });
  const images = { moorage: "moorage:test", runner: "runner:test" };
  const webApp = controllersOf({ images, addressing: "dns" }).find(({ name }) => name === "web-app");
  if (webApp) manager.add(webApp);
  return manager;
}

describe.each(cases)("the WebApp operator on $name", ({ start }) => {
  let server: Server;
  let client: Client;
  let manager: Manager;
  beforeAll(async () => {
    server = await start();
    const cluster = await loadKubeconfig({ paths: [server.kubeconfig] });
    client = new Client({ cluster });
    await client.create(CustomResourceDefinition, WebApp.crd);
    await eventually("the kind", 20_000, () => client.list(WebApp));
    manager = operator(cluster);
    await manager.start();
  }, 90_000);
  afterAll(async () => {
    await manager?.stop();
    await client?.close();
    await server?.stop();
  }, 60_000);

  it("makes of the document's sample what it says, and brings back what is edited or deleted", async () => {
    const applied = await eventually("admission", 20_000, async () => client.apply(WebApp, await sample()));
    expect(applied.metadata.labels).toMatchObject({ "app.kubernetes.io/name": "web-app" });
    const service = await eventually("the Service", 20_000, () => client.find(Service, key));
    const deployment = await eventually("the Deployment", 20_000, () => client.find(Deployment, key));
    expect([deployment.spec.replicas, service.spec?.ports?.[0]?.port]).toEqual([3, 80]);
    await client.patch(Deployment, key, { spec: { replicas: 7 } }, { patchType: "merge" });
    await client.delete(Service, key);
    await eventually("drift to be corrected", 20_000, async () => {
      const replicas = (await client.get(Deployment, key)).spec.replicas;
      const back = await client.find(Service, key);
      return replicas === 3 && back && back.metadata.uid !== service.metadata.uid ? true : undefined;
    });
  });

  it("refuses an image without a tag, with words that help", async () => {
    const app: WebApp = { ...(await sample()), metadata: { namespace, name: "floating" } };
    const refused = client.create(WebApp, { ...app, spec: { ...app.spec, image: "nginx" } });
    await expect(refused).rejects.toThrow(/has no tag: give one/);
  });

  it("renews certificates and their authority without one admission failing", { timeout: 60_000 }, async () => {
    const app: WebApp = { ...(await sample()), metadata: { namespace, name: "admitted" } };
    const bundles = new Set<string>();
    for (const end = performance.now() + 18_000; performance.now() < end; ) {
      await client.create(WebApp, app, { dryRun: true });
      const [registration] = (await client.list(ValidatingWebhookConfiguration)).items;
      bundles.add(registration?.webhooks?.[0]?.clientConfig.caBundle ?? "");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(bundles.size).toBeGreaterThanOrEqual(3);
  });

  it("says Deleting while a child holds the object", async () => {
    const hold = { metadata: { finalizers: ["example.com/hold"] } };
    await client.patch(Deployment, key, hold, { patchType: "merge" });
    await client.delete(WebApp, key, { propagationPolicy: "Foreground" });
    await eventually("the last phase", 20_000, async () =>
      (await client.get(WebApp, key)).status?.phase === "Deleting" ? true : undefined,
    );
    await client.patch(Deployment, key, { metadata: { finalizers: [] } }, { patchType: "merge" });
    await eventually("it to be gone", 30_000, async () => ((await client.find(WebApp, key)) ? undefined : true));
    expect(await client.find(Service, key)).toBeUndefined();
  });
});
