import type { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { Service } from "@moorage/kube-types/core-v1";

const labels = { app: "web" };

/** A Deployment `web` of the given image. */
export function deployment(replicas: number, image = "web:1", spec: Partial<Deployment["spec"]> = {}): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
      ...spec,
    },
  };
}

/** A StatefulSet `web` of the given image. */
export function statefulSet(replicas: number, image = "web:1", spec: Partial<StatefulSet["spec"]> = {}): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas,
      serviceName: "web",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
      ...spec,
    },
  };
}

/** A Service `web` on port 80 that leads to port 8080 of the pods of the above. */
export function service(spec: Service["spec"] = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  };
}

/** Where the above are. */
export const web = { namespace: "default", name: "web" };
