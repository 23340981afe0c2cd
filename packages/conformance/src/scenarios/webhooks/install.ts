import type { Stage } from "../../stage.ts";
import { create, remove } from "../../step.ts";
import type { WebhookAnswer } from "../../webhook-server.ts";
import { configMap, paths } from "../objects.ts";

type Kind = "mutating" | "validating";

export interface Webhook {
  readonly kind: Kind;
  readonly name: string;
  readonly answer: WebhookAnswer;
  /** Fields of the webhook's entry that differ from the usual. */
  readonly more?: object;
}

export const group = "/apis/admissionregistration.k8s.io/v1";
export const rule = { operations: ["*"], apiGroups: ["", "apps"], apiVersions: ["v1"], resources: ["*", "*/scale"] };
const probe = configMap("probe");
const isProbe = { name: "is-probe", expression: "request.name == 'probe'" };

/**
 * Installs webhooks, one configuration each, for the scenario's namespace only, and waits until all are in force:
 * servers read configurations in their own time.
 */
export async function install(stage: Stage, webhooks: readonly Webhook[]): Promise<void> {
  const waiting = new Set(webhooks.map(({ name }) => name));
  for (const webhook of webhooks) {
    await stage.send(
      create(
        `${group}/${webhook.kind}webhookconfigurations`,
        configurationOf(stage, webhook, () => waiting.delete(webhook.name)),
      ),
    );
  }
  const hidden = webhooks.filter(({ more }) => hides(more));
  await stage.until(create(`${paths.configMaps}?dryRun=All`, probe), ({ code }) => {
    // What refuses the probe is in force as well.
    if (code >= 400) for (const { name } of hidden) waiting.delete(name);
    return waiting.size === 0;
  });
}

/** Whether a webhook may not be asked about the probe, or not answer. */
function hides(more: object | undefined): boolean {
  return (
    more !== undefined &&
    ("matchConditions" in more || "objectSelector" in more || "rules" in more || "clientConfig" in more)
  );
}

function configurationOf(stage: Stage, { kind, name, answer, more }: Webhook, onProbe: () => void): object {
  const clientConfig = stage.webhook(name, (request) => {
    if (request["name"] !== "probe") return answer(request);
    onProbe();
    return { allowed: true };
  });
  const usual = {
    name: `${name}.example.com`,
    clientConfig,
    rules: [rule],
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": stage.namespace } },
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    ...(kind === "mutating" ? { reinvocationPolicy: "Never" } : {}),
  };
  // In the same configuration, so in force with the hidden one.
  const forProbe = { ...usual, name: `probe.${name}.example.com`, matchConditions: [isProbe] };
  return {
    metadata: { name: `${stage.namespace}-${name}` },
    webhooks: [{ ...usual, ...more }, ...(hides(more) ? [forProbe] : [])],
  };
}

export async function uninstall(stage: Stage, webhooks: readonly Webhook[]): Promise<void> {
  for (const { kind, name } of webhooks) {
    await stage.send(remove(`${group}/${kind}webhookconfigurations/${stage.namespace}-${name}`));
  }
}
