/** The same Pods in client-node's informer, as its documentation uses it. Usage: client-node.ts PORT */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { CoreV1Api, KubeConfig, makeInformer } from "@kubernetes/client-node";

const config = new KubeConfig();
config.loadFromOptions({
  // Without skipTLSVerify it refuses plain HTTP.
  clusters: [{ name: "bench", server: `http://127.0.0.1:${process.argv[2]}`, skipTLSVerify: true }],
  users: [{ name: "bench" }],
  contexts: [{ name: "bench", cluster: "bench", user: "bench" }],
  currentContext: "bench",
});
const api = config.makeApiClient(CoreV1Api);
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const startedAt = performance.now();
const startedCpu = process.cpuUsage();
const informer = makeInformer(config, "/api/v1/pods", () => api.listPodForAllNamespaces());
informer.on("error", (error: unknown) => {
  throw error;
});
await informer.start();
const cpu = process.cpuUsage(startedCpu);
// The timer that measures the delay gets its turn only now.
await new Promise((resolve) => setTimeout(resolve, 10));
const result = {
  seconds: (performance.now() - startedAt) / 1000,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  peakRssMb: process.resourceUsage().maxRSS / 1000,
  longestStallMs: delay.max / 1e6,
  objects: informer.list().length,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit();
