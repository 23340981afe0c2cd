import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "@moorage/kube-client";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { Service } from "@moorage/kube-types/core-v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { answerOf, callUntilStopped } from "../load.ts";
import { echo, openSession } from "../mcp-session.ts";
import type { Place } from "../place.ts";
import { installedCluster, operatorKey, operatorsReplaced } from "./installed-cluster.ts";
import { nodePlace } from "./node-place.ts";

const run = promisify(execFile);
const timeout = 300_000;
/** Of the same content as the one that is installed: e2e/node/run.sh gives it this name too. */
const nextImage = "ghcr.io/moorage/moorage:0.1.1";
const names = ["stdio", "http"] as const;
let client: Client;
let place: Place;

beforeAll(async () => {
  client = await installedCluster();
  place = await nodePlace(client, "disturbed");
  await place.apply("stdio", { ...place.stdio, proxy: { replicas: 2 } });
  await place.apply("http", { ...place.http, proxy: { replicas: 2 } });
  for (const name of names) await place.ready(name);
}, timeout);
afterAll(() => client.close());

const uids = async (name: string, serves: "clients" | "proxy") =>
  (await place.pods(name, serves)).map(({ metadata }) => metadata.uid).toSorted();

/** Installs a release, as applying its manifests does: the operator's image, and the proxies' with it. */
async function upgradeOperator(image: string): Promise<void> {
  const { spec } = await client.get(Deployment, operatorKey);
  const [container] = spec.template.spec?.containers ?? [];
  const args = container?.args?.map((argument) => (argument.startsWith("--image=") ? `--image=${image}` : argument));
  const template = { spec: { containers: [{ name: container?.name, image, args }] } };
  await client.patch(Deployment, operatorKey, { spec: { template } }, { patchType: "strategic" });
}

describe("an upgrade of the operator under load", () => {
  it("fails no call, keeps every session, and replaces proxies but no server", { timeout }, async () => {
    const servers = await Promise.all(names.map((name) => uids(name, "proxy")));
    const sessions = await Promise.all(names.map(async (name) => openSession(await place.url(name))));
    const loads = names.map((name) => callUntilStopped(place, name, { calls: 20 }));
    await upgradeOperator(nextImage);
    await eventually("every proxy is of the new release", 180_000, async () => {
      const pods = (await Promise.all(names.map((name) => place.pods(name, "clients")))).flat();
      return pods.length === 4 && pods.every(({ spec }) => spec.containers[0]?.image === nextImage) ? true : undefined;
    });
    await operatorsReplaced(client);
    for (const name of names) await place.ready(name);
    for (const load of loads) {
      const { answered, failures } = await load.stop();
      expect(failures).toEqual([]);
      expect(answered).toBeGreaterThan(20);
    }
    for (const session of sessions) {
      expect(await echo(session, "as before")).toContain("as before");
      await session.close();
    }
    expect(await Promise.all(names.map((name) => uids(name, "proxy")))).toEqual(servers);
  });
});

describe("a restart of the node", () => {
  it("brings everything back, sessions of clients included", { timeout }, async () => {
    const sessions = await Promise.all(names.map(async (name) => openSession(await place.url(name))));
    await run("bash", [join(import.meta.dirname, "../../tools/kube/restart-node.sh"), clusterFolder()]);
    for (const name of names) {
      await eventually(`the pods of "${name}" were started again`, 120_000, async () => {
        const pods = [...(await place.pods(name, "clients")), ...(await place.pods(name, "proxy"))];
        const restarted = pods.every(({ status }) =>
          status?.containerStatuses?.every(({ ready, restartCount }) => ready && restartCount > 0),
        );
        return pods.length === 3 && restarted ? true : undefined;
      });
      await place.ready(name, 120_000);
      expect(await eventually("it answers", 30_000, () => answerOf(place, name, "again"))).toContain("again");
    }
    for (const session of sessions) {
      expect(await eventually("a session goes on", 30_000, () => echo(session, "as before"))).toContain("as before");
      await session.close();
    }
  });

  it("leaves an operator that goes on with its work", { timeout }, async () => {
    await client.delete(Service, place.key("stdio"));
    await eventually("drift is corrected", 120_000, () => client.find(Service, place.key("stdio")));
  });
});

function clusterFolder(): string {
  return dirname(process.env["MOORAGE_NODE_KUBECONFIG"] ?? "");
}
