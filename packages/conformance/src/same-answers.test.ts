import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevCluster, startDevCluster } from "@moorage/dev-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiConnection } from "./api-connection.ts";
import { normalize } from "./normalize.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios/all.ts";
import { hasRealCluster, startRealCluster } from "./testing/real-cluster.ts";
import { WebhookServer } from "./webhook-server.ts";

const isPossible = hasRealCluster();
if (!isPossible)
  process.stderr.write(
    "NOT TESTED: the dev cluster against a kube-apiserver: there is none; tools/kube/build.sh builds it\n",
  );

/** A scenario that waits for something that never comes says so itself, long before. */
const limitMs = 240_000;

let devCluster: DevCluster;
let realCluster: Awaited<ReturnType<typeof startRealCluster>>;
let dev: ApiConnection;
let real: ApiConnection;
let webhooks: WebhookServer;
let dir: string;

// Most of the time of a scenario is waiting: for a kind to be served, for a webhook to be in force.
describe.skipIf(!isPossible).concurrent("the dev cluster answers as kube-apiserver does", () => {
  beforeAll(async () => {
    webhooks = await WebhookServer.start();
    dir = mkdtempSync(join(tmpdir(), "conformance-"));
    realCluster = await startRealCluster();
    devCluster = await startDevCluster({ dir, port: 0, node: false });
    real = ApiConnection.fromKubeconfig(realCluster.kubeconfig);
    dev = ApiConnection.fromKubeconfig(devCluster.kubeconfigPath);
  }, 120_000);
  afterAll(async () => {
    dev.close();
    real.close();
    webhooks.stop();
    await devCluster.stop();
    realCluster.stop();
    rmSync(dir, { recursive: true });
  });

  const numbered = scenarios.map((scenario, index) => ({ ...scenario, namespace: `conformance-${index}` }));
  const answers = (scenario: (typeof numbered)[number]) =>
    Promise.all(
      Object.entries({ dev, real }).map(async ([name, api]) => {
        const theatre = { api, webhooks, cacheDir: join(dir, `kubectl-${name}`) };
        return normalize(await runScenario(theatre, scenario, scenario.namespace));
      }),
    );

  it.each(numbered.filter(({ differs }) => differs === undefined))("$name", { timeout: limitMs }, async (scenario) => {
    const [actual, expected] = await answers(scenario);
    expect(actual).toEqual(expected);
  });

  it.each(numbered.filter(({ differs }) => differs !== undefined))(
    "$name differs: $differs",
    { timeout: limitMs },
    async (scenario) => {
      const [actual, expected] = await answers(scenario);
      expect(actual).not.toEqual(expected);
    },
  );
});
