/** An operator that caches Pods. Prints what that cost when the cache is complete, as JSON. Usage: operator.ts PORT */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { ConfigMap, Pod } from "@moorage/kube-types/core-v1";
import { createLogger, Manager, watch } from "@moorage/operator-runtime";
import { keepHeapSmall } from "../../apps/operator/src/keep-heap-small.ts";

keepHeapSmall();
const manager = new Manager({
  cluster: { server: `http://127.0.0.1:${process.argv[2]}`, namespace: "default" },
  log: createLogger({ level: "warn" }),
  metrics: false,
  probes: false,
});
manager.add({
  name: "cache",
  for: ConfigMap,
  owns: [],
  watches: [watch(Pod, () => [])],
  reconcile: () => ({ conditions: [] }),
});
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const startedAt = performance.now();
const startedCpu = process.cpuUsage();
await manager.start();
const cpu = process.cpuUsage(startedCpu);
const result = {
  seconds: (performance.now() - startedAt) / 1000,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  peakRssMb: process.resourceUsage().maxRSS / 1000,
  longestStallMs: delay.max / 1e6,
  objects: manager.cache.list(Pod).length,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await manager.stop();
