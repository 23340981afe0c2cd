import { apiVersionOf } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import { HorizontalPodAutoscaler } from "@moorage/kube-types/autoscaling-v2";
import type { MCPServer } from "@moorage/resources";
import type { Model } from "../model.ts";
import { childLabels } from "../names.ts";

/** Whether an autoscaler decides on the number of pods of `part`, which we then leave to it. */
export function isAutoscaled({ spec }: MCPServer, part: "servers" | "proxies"): boolean {
  return spec.autoscaling?.target === part;
}

/** The autoscaler that `spec.autoscaling` asks for. */
export function autoscalerOf({ spec }: MCPServer, { name, namespace, proxied }: Model): HorizontalPodAutoscaler[] {
  const { autoscaling } = spec;
  if (!autoscaling) return [];
  const { target, minReplicas, maxReplicas } = autoscaling;
  const workload = target === "servers" && proxied ? StatefulSet : Deployment;
  const { targetMemoryUtilizationPercentage: memory, targetCPUUtilizationPercentage: cpu = memory ? undefined : 80 } =
    autoscaling;
  return [
    {
      apiVersion: apiVersionOf(HorizontalPodAutoscaler),
      kind: HorizontalPodAutoscaler.kind,
      metadata: { name, namespace, labels: childLabels(name) },
      spec: {
        scaleTargetRef: { apiVersion: apiVersionOf(workload), kind: workload.kind, name },
        minReplicas,
        maxReplicas,
        metrics: [...aim("cpu", cpu), ...aim("memory", memory)],
      },
    },
  ];
}

function aim(name: "cpu" | "memory", averageUtilization: number | undefined) {
  if (averageUtilization === undefined) return [];
  return [{ type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization } } }];
}
