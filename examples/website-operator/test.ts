import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startDevCluster } from "@moorage/dev-cluster";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { bringsAbout } from "./brings-about.ts";
import { decides } from "./decides.ts";
import { Website } from "./website.ts";

test("what the controller decides", decides);

test("what it brings about", async (context) => {
  const dir = await mkdtemp(join(tmpdir(), "website-"));
  const devCluster = await startDevCluster({ dir, node: false });
  context.after(async () => {
    await devCluster.stop();
    await rm(dir, { recursive: true });
  });
  const cluster = await loadKubeconfig({ paths: [devCluster.kubeconfigPath] });
  const client = new Client({ cluster });
  await client.create(CustomResourceDefinition, Website.crd);
  await bringsAbout(cluster);
  await client.close();
});
