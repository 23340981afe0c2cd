import type { Scenario } from "../../scenario.ts";
import { create, remove, type Step } from "../../step.ts";
import { group } from "./install.ts";

const configuration = (webhook: object): Step =>
  create(`${group}/validatingwebhookconfigurations`, {
    metadata: { name: "{ns}-x" },
    webhooks: [
      {
        name: "v.example.com",
        clientConfig: { url: "https://127.0.0.1:9/x" },
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        ...webhook,
      },
    ],
  });

const configurations: [name: string, webhook: object, differs?: string][] = [
  ["defaults", {}],
  ["a name without dots", { name: "v" }],
  ["an address without TLS", { clientConfig: { url: "http://127.0.0.1/x" } }],
  ["no address", { clientConfig: {} }],
  ["side effects", { sideEffects: "Some" }],
  ["a time that is too long", { timeoutSeconds: 31 }],
  [
    "a condition that does not parse",
    { matchConditions: [{ name: "a", expression: "1 +" }] },
    "the parsers of CEL word their refusals differently",
  ],
  ["a rule without resources", { rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"] }] }],
];

/** What a webhook's configuration may say. */
export const webhookConfigurationScenarios: readonly Scenario[] = configurations.map(([name, webhook, differs]) => ({
  name: `webhooks: configured with ${name}`,
  ...(differs ? { differs } : {}),
  steps: [configuration(webhook)],
  tearDown: [remove(`${group}/validatingwebhookconfigurations/{ns}-x`)],
}));
