import type { KubeObject } from "@moorage/kube-types";
import type { Secret } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Images } from "../../pods/images.ts";
import type { Model } from "../model.ts";
import type { Policy } from "../references/policy.ts";
import { autoscalerOf, isAutoscaled } from "./autoscaler.ts";
import { configHash, serverConfigMap } from "./config-map.ts";
import { exposureOf } from "./exposure.ts";
import { serverNetworkPolicy } from "./network-policy.ts";
import { proxyPodTemplate } from "./proxy-pods.ts";
import { proxySecret } from "./proxy-secret.ts";
import { runConfigFor, runConfigMap } from "./run-config.ts";
import { serverPodTemplate } from "./server-pods.ts";
import { proxyServiceAccount } from "./service-account.ts";
import { clientService, headlessService } from "./services.ts";
import { withSteadyImages } from "./steady-images.ts";
import { clientDeployment, serverStatefulSet } from "./workloads.ts";

/** What decides on the children besides the server itself. */
export interface ChildrenInput {
  policy: Policy;
  images: Images;
  /** Whether the server's pods are stopped because nobody uses them. */
  asleep: boolean;
  now: Date;
  /** What is there already of the objects that keep something from one pass to the next. */
  existing: { servers: KubeObject | undefined; secret: Secret | undefined };
}

/** Every object that should exist for a server. What is missing from the list is removed by the runtime. */
export function childrenOf(server: MCPServer, model: Model, input: ChildrenInput): KubeObject[] {
  const policies = serverNetworkPolicy(model, input.policy.egress);
  return [
    // Before the pods that they restrict.
    ...(policies ? [policies] : []),
    ...(model.proxied ? proxiedChildren(server, model, input) : directChildren(server, model, input)),
    ...autoscalerOf(server, model),
    clientService(server, model),
    ...exposureOf(server, model),
  ];
}

function directChildren(server: MCPServer, model: Model, input: ChildrenInput): KubeObject[] {
  const configMap = serverConfigMap(server, model);
  return [configMap, clientDeployment(model, serverPods(server, model, input, configHash(configMap)))];
}

function proxiedChildren(server: MCPServer, model: Model, input: ChildrenInput): KubeObject[] {
  const { policy, images, existing, now } = input;
  const configMap = server.spec.config && serverConfigMap(server, model);
  const replicas = isAutoscaled(server, "proxies") ? undefined : (server.spec.proxy?.replicas ?? 1);
  return [
    ...(configMap ? [configMap] : []),
    serverStatefulSet(model, serverPods(server, model, input, configMap && configHash(configMap))),
    headlessService(model),
    proxyServiceAccount(model),
    proxySecret(model, policy.files, { existing: existing.secret, now }),
    runConfigMap(model, runConfigFor(server, model, policy)),
    clientDeployment(model, { template: proxyPodTemplate(server, model, images), replicas }),
  ];
}

function serverPods(server: MCPServer, model: Model, input: ChildrenInput, config: string | undefined) {
  const { images, existing, policy, asleep } = input;
  const hashes = { ...(config && { config }), ...(policy.inputsHash && { inputs: policy.inputsHash }) };
  const awake = isAutoscaled(server, "servers") ? undefined : server.spec.replicas;
  return {
    ...withSteadyImages((used) => serverPodTemplate(server, model, { images: used, hashes }), {
      images,
      existing: existing.servers,
    }),
    replicas: asleep ? 0 : awake,
  };
}
