import {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "@moorage/kube-types/admissionregistration-v1";
import type { Webhook } from "./webhook.ts";

/** How the API server reaches the webhook server. */
export type WebhookTarget =
  | { service: { namespace: string; name: string; port?: number } }
  /** `https://host:port`, for an operator outside the cluster. */
  | { url: string };

/** Where the server is, and which certificates it shows are to be trusted. */
export interface WebhookReach {
  target: WebhookTarget;
  /** PEM. */
  caBundle: string;
}

/** How long the API server waits for an answer. */
const timeoutSeconds = 5;

/** Where a webhook is asked: `/mutate/<name>`, `/validate/<name>`. */
export function webhookPath(kind: "mutate" | "validate", webhook: Webhook): string {
  return `/${kind}/${webhook.name}`;
}

/** The registrations of all webhooks, named `name`; a kind without webhooks has none. */
export function webhookConfigurations(
  name: string,
  webhooks: readonly Webhook[],
  reach: WebhookReach,
): { mutating: MutatingWebhookConfiguration | undefined; validating: ValidatingWebhookConfiguration | undefined } {
  const entries = (kind: "mutate" | "validate") =>
    webhooks
      .filter((webhook) => webhook[kind])
      .map((webhook) => entryOf(webhook, clientConfig(reach, webhookPath(kind, webhook))));
  const apiVersion = "admissionregistration.k8s.io/v1";
  const [mutate, validate] = [entries("mutate"), entries("validate")];
  return {
    mutating:
      mutate.length === 0
        ? undefined
        : {
            apiVersion,
            kind: MutatingWebhookConfiguration.kind,
            metadata: { name },
            // Another webhook may add what ours looks at.
            webhooks: mutate.map((entry) => ({ ...entry, reinvocationPolicy: "IfNeeded" })),
          },
    validating:
      validate.length === 0
        ? undefined
        : { apiVersion, kind: ValidatingWebhookConfiguration.kind, metadata: { name }, webhooks: validate },
  };
}

function entryOf(webhook: Webhook, clientConfig: ReturnType<typeof configOf>) {
  const { group, version, plural, namespaced } = webhook.for;
  return {
    name: webhook.name,
    clientConfig,
    rules: [
      {
        apiGroups: [group],
        apiVersions: [version],
        operations: [...(webhook.operations ?? ["CREATE", "UPDATE"])],
        resources: [plural],
        scope: namespaced ? "Namespaced" : "Cluster",
      },
    ],
    failurePolicy: webhook.failurePolicy ?? "Fail",
    matchPolicy: "Equivalent",
    sideEffects: "None",
    timeoutSeconds,
    admissionReviewVersions: ["v1"],
  };
}

/** How the API server gets to a path, in the words of every registration. */
export function clientConfig(reach: WebhookReach, path: string) {
  return configOf(reach.target, path, Buffer.from(reach.caBundle).toString("base64"));
}

function configOf(target: WebhookTarget, path: string, caBundle: string) {
  if ("url" in target) return { url: `${target.url.replace(/\/+$/, "")}${path}`, caBundle };
  const { namespace, name, port = 443 } = target.service;
  return { service: { namespace, name, port, path }, caBundle };
}

/** The names that the serving certificate must hold. */
export function hostsOf(target: WebhookTarget): string[] {
  if ("url" in target) return [new URL(target.url).hostname.replace(/^\[|\]$/g, "")];
  const { namespace, name } = target.service;
  return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
}
