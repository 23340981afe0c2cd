import type { Webhook } from "@moorage/operator-runtime";
import { WebApp } from "@moorage/resources";
import { pinningOf } from "../pods/image-tag.ts";
import { sourceOf } from "../pods/source.ts";

/** More pods than any one app here should have: most likely a slip of the keyboard. */
const maxReplicas = 1000;

/** Sets labels and refuses what a schema cannot: images that may change under a running app (document S3). */
export const webAppWebhook: Webhook<WebApp> = {
  name: "webapps.example.com",
  for: WebApp,

  mutate(app) {
    const { name, labels } = app.metadata;
    const own = { "app.kubernetes.io/name": "web-app", "app.kubernetes.io/instance": name };
    return { ...app, metadata: { ...app.metadata, labels: { ...own, ...labels } } };
  },

  validate({ spec }) {
    return { problems: [...imageProblems(spec.image), ...replicaProblems(spec.replicas)] };
  },
};

function imageProblems(image: string): string[] {
  if (sourceOf(image).kind !== "oci") return [];
  const pinning = pinningOf(image);
  if (pinning === "untagged") return [`spec.image: "${image}" has no tag: give one, for example "${image}:1.25"`];
  if (pinning === "floating") return [`spec.image: "${image}" may change at any time: give a fixed tag or a digest`];
  return [];
}

function replicaProblems(replicas: number): string[] {
  return replicas <= maxReplicas ? [] : [`spec.replicas: ${replicas} is more than ${maxReplicas}: ask for fewer pods`];
}
