import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Client, type ClusterConfig, loadKubeconfig, type ObjectKey } from "@moorage/kube-client";
import { findCondition, type ResourceType } from "@moorage/kube-types";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Service } from "@moorage/kube-types/core-v1";
import { type Controller, teardown } from "@moorage/operator-runtime";
import { testOperator } from "@moorage/operator-runtime/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { bringsAbout } from "../../examples/website-operator/brings-about.ts";
import { websiteController } from "../../examples/website-operator/controller.ts";
import { Website } from "../../examples/website-operator/website.ts";
import { eventually } from "../eventually.ts";
import { end, hasBinaries, run, type Server, servers } from "./servers.ts";

const example = join(import.meta.dirname, "../../examples/website-operator");
const namespace = "default";
const cases = servers.filter(({ name, needs }) => hasBinaries(needs, `the guide's operator on ${name}`));

/** Gives the example free ports: its own, 8080 and 8081, may be taken here. */
const anyPort =
  "import { Server } from 'node:net'; const { listen } = Server.prototype;" +
  "Server.prototype.listen = function (options, ...rest) { return listen.call(this, { ...options, port: 0 }, ...rest); };";

const website = (name: string): Website => ({
  apiVersion: "example.dev/v1",
  kind: "Website",
  metadata: { namespace, name },
  spec: { html: "<h1>Hello</h1>", replicas: 1 },
});

/** The guide's controller, which takes a website's children away in an order. */
const inOrder: Controller<Website> = {
  ...websiteController,
  deletingStatus: () => ({ availableReplicas: 0 }),
  finalize: (site, cluster) => teardown(site, cluster, [[Service], [Deployment], [ConfigMap]]),
};

describe.each(cases)("the operator of docs/writing-an-operator.md on $name", ({ start }) => {
  let server: Server;
  let cluster: ClusterConfig;
  let client: Client;
  beforeAll(async () => {
    server = await start();
    cluster = await loadKubeconfig({ paths: [server.kubeconfig] });
    client = new Client({ cluster });
    const printed = await run(process.execPath, [join(example, "crd.ts")]);
    const crd: CustomResourceDefinition = JSON.parse(printed.stdout);
    await client.create(CustomResourceDefinition, crd);
    await eventually("the kind", 20_000, () => client.list(Website));
  }, 90_000);
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  }, 60_000);

  const isGone = async (type: ResourceType, key: ObjectKey) => ((await client.find(type, key)) ? undefined : true);

  it("refuses what the kind's schema does, and fills in its defaults", async () => {
    const dry = { dryRun: true, fieldValidation: "Strict" } as const;
    const { spec } = await client.create(
      Website,
      JSON.parse(JSON.stringify({ ...website("dry"), spec: { html: "x" } })),
      dry,
    );
    expect(spec).toEqual({ html: "x", replicas: 1 });
    const tooMany = { ...website("dry"), spec: { html: "x", replicas: 101 } };
    await expect(client.create(Website, tooMany, dry)).rejects.toThrow(/spec\.replicas/);
  });

  it("brings about what the guide's test says", { timeout: 60_000 }, async () => {
    await bringsAbout(cluster);
    await client.delete(Website, { namespace, name: "home" });
  });

  it("runs as a program of its own, and ends when it is asked to", { timeout: 60_000 }, async () => {
    const key = { namespace, name: "program" };
    const args = ["--import", `data:text/javascript,${encodeURIComponent(anyPort)}`, join(example, "main.ts")];
    const program = spawn(process.execPath, args, {
      env: { ...process.env, KUBECONFIG: server.kubeconfig },
      stdio: ["ignore", "ignore", "inherit"],
    });
    onTestFinished(() => end(program, "SIGKILL"));
    const exited = once(program, "exit");
    await client.create(Website, website("program"));
    const site = await eventually("its status", 30_000, async () => {
      const found = await client.get(Website, key);
      return findCondition(found.status?.conditions, "Ready") ? found : undefined;
    });
    expect(findCondition(site.status?.conditions, "Ready")?.message).toBe("0 of 1 pods are available");
    expect((await client.get(Deployment, key)).metadata.ownerReferences?.[0]?.uid).toBe(site.metadata.uid);
    program.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    await client.delete(Website, key);
  });

  it("takes children away in the order asked for, and says so meanwhile", { timeout: 60_000 }, async () => {
    const key = { namespace, name: "ordered" };
    await using operator = await testOperator({ cluster, controllers: [inOrder] });
    await operator.apply(Website, website("ordered"));
    await operator.settled();
    const hold = { metadata: { finalizers: ["example.dev/hold"] } };
    await client.patch(Deployment, key, hold, { patchType: "merge" });
    await operator.delete(Website, key);
    await eventually("the first stage to be gone", 20_000, () => isGone(Service, key));
    await eventually("the second stage to be asked to go", 20_000, async () =>
      (await client.get(Deployment, key)).metadata.deletionTimestamp ? true : undefined,
    );
    await operator.settled();
    expect((await client.get(ConfigMap, key)).metadata.deletionTimestamp).toBeUndefined();
    expect((await client.get(Website, key)).status?.availableReplicas).toBe(0);
    await client.patch(Deployment, key, { metadata: { finalizers: [] } }, { patchType: "merge" });
    await eventually("everything to be gone", 30_000, () => isGone(Website, key));
    expect([await client.find(Deployment, key), await client.find(ConfigMap, key)]).toEqual([undefined, undefined]);
  });
});
