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

/**
 * Installs webhooks, one configuration each, for the scenario's namespace only, and waits until all are in force:
 * servers read configurations in their own time.
 */
export async function install(stage: Stage, webhooks: readonly Webhook[]): Promise<void> {
  const waiting = new Set(webhooks.filter(({ more }) => !hides(more)).map(({ name }) => name));
  for (const webhook of webhooks) {
    await stage.send(
      create(
        `${group}/${webhook.kind}webhookconfigurations`,
        configurationOf(stage, webhook, () => waiting.delete(webhook.name)),
      ),
    );
  }
  await stage.until(create(`${paths.configMaps}?dryRun=All`, probe), () => waiting.size === 0);
}

/** A webhook that a ConfigMap does not reach cannot be waited for by one. */
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
  return {
    metadata: { name: `${stage.namespace}-${name}` },
    webhooks: [
      {
        name: `${name}.example.com`,
        clientConfig,
        rules: [rule],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": stage.namespace } },
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        ...(kind === "mutating" ? { reinvocationPolicy: "Never" } : {}),
        ...more,
      },
    ],
  };
}

export async function uninstall(stage: Stage, webhooks: readonly Webhook[]): Promise<void> {
  for (const { kind, name } of webhooks) {
    await stage.send(remove(`${group}/${kind}webhookconfigurations/${stage.namespace}-${name}`));
  }
}
