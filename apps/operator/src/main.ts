import { controllersOf, conversions, webhooks } from "@moorage/controllers";
import { defaultConfig } from "@moorage/kube-client";
import { Manager } from "@moorage/operator-runtime";
import { parseFlags, usage } from "./flags.ts";
import { keepHeapSmall } from "./keep-heap-small.ts";

/** Runs until it is told to stop. */
async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2), process.env);
  if (!flags) {
    process.stdout.write(usage);
    return;
  }
  keepHeapSmall();
  const { kubeconfig, namespaces, metrics, probes, leaderElection, webhooks: served, ...options } = flags;
  const cluster = await defaultConfig({ env: process.env, kubeconfig });
  const manager = new Manager({
    cluster,
    namespaces,
    metrics,
    probes,
    ...(leaderElection && { leaderElection }),
    ...(served && { webhooks: { ...served, webhooks: webhooks(), conversions } }),
  });
  for (const controller of controllersOf(options)) manager.add(controller);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void manager.stop());
  // A former leader has nothing left to do: whoever started it starts it again, as a standby.
  void manager.leadershipLost.then(async () => {
    process.exitCode = 1;
    await manager.stop();
    process.exit();
  });
  await manager.start();
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
});
