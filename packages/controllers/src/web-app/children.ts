import { apiVersionOf, type KubeObject } from "@moorage/kube-types";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { type Container, type PodTemplateSpec, Service } from "@moorage/kube-types/core-v1";
import type { WebApp } from "@moorage/resources";
import type { Images } from "../pods/images.ts";
import { servesLabel } from "../pods/labels.ts";
import { withPodTemplatePatch } from "../pods/pod-template.ts";
import { packageCommand, sourceOf } from "../pods/source.ts";

/** The app's container; `podTemplateSpec` refers to it by this name. */
const appContainer = "app";

/** What the Service and the Deployment select the app's pods by. */
export function selectorLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": "web-app", "app.kubernetes.io/instance": name };
}

/** The Deployment and the Service of a WebApp. */
export function childrenOf(app: WebApp, images: Images): KubeObject[] {
  return [deployment(app, images), service(app)];
}

function labels(name: string): Record<string, string> {
  return { ...selectorLabels(name), "app.kubernetes.io/managed-by": "moorage" };
}

function deployment({ metadata: { name, namespace }, spec }: WebApp, images: Images): Deployment {
  return {
    apiVersion: apiVersionOf(Deployment),
    kind: Deployment.kind,
    metadata: { name, ...(namespace && { namespace }), labels: labels(name) },
    spec: {
      replicas: spec.replicas,
      selector: { matchLabels: selectorLabels(name) },
      template: withPodTemplatePatch(podTemplate(name, spec, images), spec.podTemplateSpec),
    },
  };
}

function service({ metadata: { name, namespace }, spec }: WebApp): Service {
  return {
    apiVersion: apiVersionOf(Service),
    kind: Service.kind,
    metadata: { name, ...(namespace && { namespace }), labels: labels(name) },
    spec: {
      type: "ClusterIP",
      selector: selectorLabels(name),
      ports: [{ name: "http", port: spec.port, targetPort: "http", protocol: "TCP" }],
    },
  };
}

function podTemplate(name: string, spec: WebApp["spec"], images: Images): PodTemplateSpec {
  return {
    metadata: { labels: { ...labels(name), [servesLabel]: "web" } },
    spec: {
      containers: [container(spec, images)],
      automountServiceAccountToken: false,
      // The "baseline" Pod Security Standard: images such as nginx start as root and write to their root.
      securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    },
  };
}

function container(spec: WebApp["spec"], images: Images): Container {
  const { port, env = [], envFrom, resources, probes } = spec;
  return {
    name: appContainer,
    ...programOf(spec, images),
    ports: [{ name: "http", containerPort: port, protocol: "TCP" }],
    // A PORT of the user's own wins.
    env: env.some(({ name }) => name === "PORT") ? env : [...env, { name: "PORT", value: String(port) }],
    ...(envFrom && { envFrom }),
    ...(resources && { resources }),
    readinessProbe: probes?.readiness ?? { tcpSocket: { port: "http" } },
    ...(probes?.liveness && { livenessProbe: probes.liveness }),
    ...(probes?.startup && { startupProbe: probes.startup }),
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: { allowPrivilegeEscalation: false },
  };
}

function programOf({ image, command = [], args = [] }: WebApp["spec"], images: Images): Partial<Container> {
  const source = sourceOf(image);
  if (source.kind !== "oci") return { image: images.runner, command: [...packageCommand(source), ...args] };
  return { image, ...(command.length > 0 && { command }), ...(args.length > 0 && { args }) };
}
