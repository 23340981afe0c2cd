import { Client, loadKubeconfig } from "@moorage/kube-client";
import { ValidatingWebhookConfiguration } from "@moorage/kube-types/admissionregistration-v1";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { SelfSubjectAccessReview } from "@moorage/kube-types/authorization-v1";
import { Lease } from "@moorage/kube-types/coordination-v1";
import { Secret } from "@moorage/kube-types/core-v1";
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { hasBinaries } from "./clients/servers.ts";
import { eventually } from "./eventually.ts";
import { grantedIn, Installation } from "./least-privilege/installation.ts";
import { Life } from "./least-privilege/life.ts";
import { OperatorUnderTest } from "./least-privilege/operator-process.ts";

const hasKube = hasBinaries(["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"], "the operator's roles");

/**
 * Rights that no request shows. Who may list objects may read them: `get` gives nothing more, and is needed when
 * somebody replaces items of a child's lists. `update` of finalizers is asked for by admission, within other requests.
 */
const invisible = /^get |^update .*\/finalizers$/;

const installations = [
  {
    title: "for a cluster, by its ClusterRole",
    manifest: { file: "deploy/install.yaml" },
    roles: "deploy/install.yaml",
    namespace: "moorage-system",
    lives: "team-a",
    args: [],
  },
  {
    title: "for a namespace, by a Role",
    manifest: { folder: "deploy/namespaced" },
    roles: "deploy/namespaced/operator.yaml",
    namespace: "moorage",
    lives: "moorage",
    args: ["--namespace=moorage"],
  },
];

describe.skipIf(!hasKube).each(installations)("an operator $title", (installed) => {
  const { manifest, roles, namespace, lives, args } = installed;
  let installation: Installation;
  beforeAll(async () => {
    installation = await Installation.start({ manifest, namespaces: { operator: namespace, objects: lives } });
  }, 90_000);
  afterAll(() => installation.stop());

  it("does all its work, is denied nothing, and has no right that it does not use", { timeout: 240_000 }, async () => {
    const kubeconfig = await installation.operatorKubeconfig();
    const operator = new OperatorUnderTest(kubeconfig, namespace, args);
    onTestFailed(() => console.error(operator.errors().join("\n")));
    await new Life(installation.client, lives).live();
    await operator.stop();
    const election = ["--leader-elect"];
    // In one namespace there are no webhooks: their registration is the cluster's.
    if (lives !== namespace) election.push("--webhook-service=moorage-webhooks", "--webhook-bind-address=127.0.0.1:0");
    await leadAndLeave(installation.client, () => new OperatorUnderTest(kubeconfig, namespace, [...args, ...election]));
    const trail = await installation.trail();
    expect(trail.denied()).toEqual([]);
    const used = trail.used();
    const granted = await grantedIn(roles);
    expect(granted.filter((right) => !used.has(right) && !invisible.test(right))).toEqual([]);
  });

  it("gives proxies no right at all", { timeout: 60_000 }, async () => {
    const operator = new OperatorUnderTest(await installation.operatorKubeconfig(), namespace, args);
    const key = { namespace: lives, name: "proxied" };
    await installation.kubectl("apply", "-n", lives, "-f", "examples/everything.yaml");
    const deployment = await eventually("there is a proxy", 30_000, () =>
      installation.client.get(Deployment, { ...key, name: "everything" }),
    );
    await operator.stop();
    const { template } = JSON.parse(JSON.stringify(deployment.spec));
    expect(template.spec.automountServiceAccountToken).toBe(false);
    const account = template.spec.serviceAccountName ?? "default";
    await eventually("it has an account", 10_000, () => installation.kubeconfigOf(account, lives));
    const proxy = new Client({
      cluster: await loadKubeconfig({ paths: [await installation.kubeconfigOf(account, lives)] }),
    });
    const granted = await grantedIn(roles);
    const allowed = await Promise.all(
      granted.map(async (right) => ((await mayDo(proxy, right, lives)) ? [right] : [])),
    );
    await proxy.close();
    expect(allowed.flat()).toEqual([]);
  });
});

const certificates = { namespace: "moorage-system", name: "moorage-operator" };

/** Becomes leader, where asked for registers webhooks, and stops. */
async function leadAndLeave(client: Client, start: () => OperatorUnderTest): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    const operator = start();
    await eventually("it leads", 30_000, async () => {
      const { items } = await client.list(Lease, {});
      return items.some(({ metadata, spec }) => metadata.name === "moorage-operator" && spec.holderIdentity)
        ? true
        : undefined;
    });
    if (operator.hasWebhooks) {
      await eventually("it has registered its webhooks", 30_000, () =>
        client.get(ValidatingWebhookConfiguration, { name: "moorage-operator" }),
      );
      await eventually("it has certificates", 30_000, async () => {
        const { data } = await client.get(Secret, certificates);
        return data?.["times.json"];
      });
      // The next one has to make new ones.
      await client.patch(Secret, certificates, { data: { "times.json": null } }, { patchType: "merge" });
    }
    await operator.stop();
  }
}

async function mayDo(client: Client, right: string, namespace: string): Promise<boolean> {
  const [, verb = "", group = "", target = ""] = /^(\S+) ([^/]*)\/(.*)$/.exec(right) ?? [];
  const [resource = "", subresource] = target.split("/");
  const review = await client.create(SelfSubjectAccessReview, {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    metadata: { name: "" },
    spec: { resourceAttributes: { namespace, verb, group, resource, ...(subresource && { subresource }) } },
  });
  return review.status?.allowed === true;
}
