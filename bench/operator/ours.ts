/** The WebApp controller on our runtime. Usage: node ours.ts KUBECONFIG METRICS_PORT */

import { controllersOf } from "@moorage/controllers";
import { loadKubeconfig } from "@moorage/kube-client";
import { createLogger, Manager } from "@moorage/operator-runtime";
import { keepHeapSmall } from "../../apps/operator/src/keep-heap-small.ts";

keepHeapSmall();
const [kubeconfig = "", port = ""] = process.argv.slice(2);
const manager = new Manager({
  cluster: await loadKubeconfig({ paths: [kubeconfig] }),
  log: createLogger({ level: "warn" }),
  metrics: { host: "127.0.0.1", port: Number(port) },
  probes: false,
});
const images = { moorage: "moorage:bench", runner: "runner:bench" };
const webApp = controllersOf({ images, addressing: "dns" }).find(({ name }) => name === "web-app");
if (!webApp) throw new Error('There is no controller "web-app"');
manager.add(webApp);
process.once("SIGTERM", () => void manager.stop());
await manager.start();
