import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { ValidatingWebhookConfiguration } from "@moorage/kube-types/admissionregistration-v1";
import { Service } from "@moorage/kube-types/core-v1";

const pollMs = 50;
/** Of the configurations that the operator registers. */
const name = "moorage-operator";

/**
 * Resolves once the API server can ask the operator's webhooks: before that it refuses WebApps. The pod's and the
 * Deployment's statuses do not tell: those of the run before are there until the node has started the pod anew.
 *
 * @throws Error with what went wrong last when that takes longer than `withinMs`, or `stop` aborts.
 */
export async function operatorAnswers(kubeconfig: string, withinMs: number, stop: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([AbortSignal.timeout(withinMs), stop]);
  const client = new Client({ cluster: await loadKubeconfig({ paths: [kubeconfig] }) });
  try {
    for (;;) {
      const problem = await handshake(client, signal).catch((error: unknown) => error);
      if (problem === undefined) return;
      if (signal.aborted) throw new Error(notAnswered(withinMs, problem));
      await sleep(pollMs);
    }
  } finally {
    await client.close();
  }
}

/** Reaches the operator the way that the API server does. @throws Error where that fails. */
async function handshake(client: Client, signal: AbortSignal): Promise<undefined> {
  const { webhooks = [] } = await client.get(ValidatingWebhookConfiguration, { name });
  const { service, caBundle = "" } = webhooks[0]?.clientConfig ?? {};
  if (!service) throw new Error(`ValidatingWebhookConfiguration "${name}" names no Service`);
  const { spec } = await client.get(Service, service);
  const socket = connect({
    host: spec?.clusterIP,
    port: service.port ?? 443,
    servername: `${service.name}.${service.namespace}.svc`,
    ca: Buffer.from(caBundle, "base64"),
  });
  try {
    await once(socket, "secureConnect", { signal });
  } finally {
    socket.destroy();
  }
}

function notAnswered(withinMs: number, problem: unknown): string {
  const why = problem instanceof Error ? problem.message : String(problem);
  return `The operator does not answer after ${withinMs / 1000} s: ${why}; \`moorage describe pods -n moorage-system\` tells of its pod`;
}
