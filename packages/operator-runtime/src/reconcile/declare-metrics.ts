import type { KubeObject } from "@moorage/kube-types";
import type { ClusterView } from "../cluster-view.ts";
import type { Controller } from "../controller.ts";
import type { Metrics } from "../metrics.ts";

/** Registers what a controller measures itself. Counters start at 0, so that a rate is right from the first error. */
export function declareMetrics(
  controller: Controller,
  metrics: Metrics,
  source: { objects(): readonly KubeObject[]; view: ClusterView },
): void {
  for (const metric of controller.metrics ?? []) {
    if (metric.kind === "creationErrors") metrics.creationErrors(metric).inc(metric.labels, 0);
    else metrics.objectGauge(metric, () => metric.samplesOf(source.objects(), source.view));
  }
}
