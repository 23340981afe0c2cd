/** One replica of an operator that writes its name into a ConfigMap ten times a second while it leads. */
import { loadKubeconfig } from "@moorage/kube-client";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { createLogger, Manager } from "@moorage/operator-runtime";

const [kubeconfig = "", identity = ""] = process.argv.slice(2);
const cluster = await loadKubeconfig({ paths: [kubeconfig] });
const manager = new Manager({
  cluster,
  log: createLogger({ level: "warn" }),
  metrics: false,
  probes: false,
  namespaces: ["leader-bench"],
  scopes: [{ type: ConfigMap, scope: { labelSelector: "leader-bench" } }],
  leaderElection: { namespace: "leader-bench", name: "bench", identity },
});
let count = 0;
manager.add({
  name: "beat",
  for: ConfigMap,
  owns: [],
  // Its own writes are no news.
  filter: (before) => before === undefined,
  async reconcile(object, { client, signal }) {
    count += 1;
    const key = { namespace: "leader-bench", name: object.metadata.name };
    await client.patch(
      ConfigMap,
      key,
      { data: { writer: identity, count: String(count) } },
      { patchType: "merge", signal },
    );
    return { conditions: [], requeueAfterMs: 100 };
  },
  requeueEveryMs: 100,
});
void manager.leadershipLost.then((reason) => {
  process.stderr.write(`${identity}: ${reason.message}\n`);
  process.exit(1);
});
process.on("SIGTERM", () => void manager.stop().then(() => process.exit(0)));
await manager.start();
