import { rfc3339Seconds } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import {
  HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerCondition,
  type HorizontalPodAutoscalerStatus,
} from "@moorage/kube-types/autoscaling-v2";
import { attempt, messageOf, ReportedError, unlessGone } from "../runtime/api-errors.ts";
import { type BuiltInController, type ControllerContext, keyOf, watch } from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";
import { findScaleTarget, type ScaleTarget } from "./scale-target.ts";

/** Source: the horizontal controller looks every 15 s; here only for targets whose kind is not watched. */
const lookAgainMs = 15_000;

/**
 * Keeps an autoscaler's target between `minReplicas` and `maxReplicas`, and says in the condition ScalingActive that
 * there are no metrics to scale by: the dev cluster serves no metrics API, as a cluster without metrics-server.
 */
export const autoscalerController: BuiltInController = {
  name: "HorizontalPodAutoscaler",
  watches: [watch(HorizontalPodAutoscaler), watch(Deployment, autoscalersOf), watch(StatefulSet, autoscalersOf)],

  reconcile(key, context) {
    const autoscaler = context.api.get(HorizontalPodAutoscaler, key);
    if (!autoscaler || autoscaler.metadata.deletionTimestamp !== undefined) return undefined;
    const { scaleTargetRef } = autoscaler.spec;
    const target = findScaleTarget(scaleTargetRef, autoscaler.metadata.namespace ?? "", context);
    const status =
      "error" in target ? lost(autoscaler, target.error, context) : keepWithin(autoscaler, target, context);
    if (!equalsAsJson(status, autoscaler.status)) {
      unlessGone(() =>
        context.api.update(HorizontalPodAutoscaler, { ...autoscaler, status }, { subresource: "status" }),
      );
    }
    const isWatched = scaleTargetRef.kind === "Deployment" || scaleTargetRef.kind === "StatefulSet";
    return isWatched ? undefined : { afterMs: lookAgainMs };
  },
};

function lost(
  autoscaler: HorizontalPodAutoscaler,
  error: string,
  context: ControllerContext,
): HorizontalPodAutoscalerStatus {
  const message = `the HPA controller was unable to get the target's current scale: ${error}`;
  warnOnChange(autoscaler, { reason: "FailedGetScale", message: error }, context);
  return {
    ...baseStatus(autoscaler),
    conditions: conditions(
      autoscaler,
      [{ type: "AbleToScale", status: "False", reason: "FailedGetScale", message }],
      context,
    ),
  };
}

function keepWithin(
  autoscaler: HorizontalPodAutoscaler,
  target: ScaleTarget,
  context: ControllerContext,
): HorizontalPodAutoscalerStatus {
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  const { specReplicas } = target;
  const base = { ...baseStatus(autoscaler), currentReplicas: target.statusReplicas };
  const able = {
    type: "AbleToScale",
    status: "True",
    reason: "SucceededGetScale",
    message: "the HPA controller was able to get the target's current scale",
  };
  if (specReplicas === 0 && minReplicas !== 0) {
    const message = "scaling is disabled since the replica count of the target is zero";
    return {
      ...base,
      desiredReplicas: 0,
      conditions: conditions(
        autoscaler,
        [able, { type: "ScalingActive", status: "False", reason: "ScalingDisabled", message }],
        context,
      ),
    };
  }
  const desired = Math.min(Math.max(specReplicas, minReplicas), maxReplicas);
  if (desired !== specReplicas) return rescale(autoscaler, target, { desired, base }, context);
  const failure = withoutMetrics(autoscaler);
  const computed = `invalid metrics (1 invalid out of 1), first error is: ${failure.message}`;
  warnOnChange(autoscaler, failure, context);
  warnOnChange(
    autoscaler,
    { reason: "FailedComputeMetricsReplicas", message: computed, shownAs: failure.reason },
    context,
  );
  const message = `the HPA was unable to compute the replica count: ${failure.message}`;
  const inactive = { type: "ScalingActive", status: "False", reason: failure.reason, message };
  return {
    ...base,
    desiredReplicas: autoscaler.status?.desiredReplicas ?? 0,
    conditions: conditions(autoscaler, [able, inactive], context),
  };
}

function rescale(
  autoscaler: HorizontalPodAutoscaler,
  target: ScaleTarget,
  { desired, base }: { desired: number; base: Partial<HorizontalPodAutoscalerStatus> },
  context: ControllerContext,
): HorizontalPodAutoscalerStatus {
  const why =
    desired < target.specReplicas
      ? "Current number of replicas above Spec.MaxReplicas"
      : "Current number of replicas below Spec.MinReplicas";
  const result = attempt(() => target.scale(desired));
  if (!result.ok) {
    const message = `New size: ${desired}; reason: ${why}; error: ${messageOf(result.error)}`;
    context.events.record(autoscaler, { type: "Warning", reason: "FailedRescale", message });
    throw new ReportedError(message, { cause: result.error });
  }
  context.events.record(autoscaler, { reason: "SuccessfulRescale", message: `New size: ${desired}; reason: ${why}` });
  const message = `the HPA controller was able to update the target scale to ${desired}`;
  const able = { type: "AbleToScale", status: "True", reason: "SucceededRescale", message };
  return {
    ...base,
    desiredReplicas: desired,
    lastScaleTime: rfc3339Seconds(context.now()),
    conditions: conditions(autoscaler, [able], context),
  };
}

function baseStatus({ status, metadata: { generation } }: HorizontalPodAutoscaler): HorizontalPodAutoscalerStatus {
  return {
    desiredReplicas: status?.desiredReplicas ?? 0,
    ...(status?.lastScaleTime && { lastScaleTime: status.lastScaleTime }),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
}

/** What the first metric lacks, in the words of kube-controller-manager without a metrics API. */
function withoutMetrics({ spec }: HorizontalPodAutoscaler): { reason: string; message: string } {
  const [metric] = spec.metrics ?? [];
  const name = metric?.resource?.name ?? "cpu";
  if (metric && !metric.resource) {
    return {
      reason: `FailedGet${metric.type}Metric`,
      message: `no metrics of type ${metric.type}: the dev cluster serves no metrics API`,
    };
  }
  const message = `failed to get ${name} utilization: unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)`;
  return { reason: "FailedGetResourceMetric", message };
}

function conditions(
  { status }: HorizontalPodAutoscaler,
  observed: readonly HorizontalPodAutoscalerCondition[],
  { now }: ControllerContext,
): HorizontalPodAutoscalerCondition[] {
  const before = status?.conditions ?? [];
  const next = observed.map((condition) => {
    const previous = before.find(({ type }) => type === condition.type);
    const isSame = previous?.status === condition.status;
    return { ...condition, lastTransitionTime: (isSame && previous.lastTransitionTime) || rfc3339Seconds(now()) };
  });
  const types = new Set(observed.map(({ type }) => type));
  return [...next, ...before.filter(({ type }) => !types.has(type))];
}

/** One event when the reason appears: an autoscaler that lacks metrics would else write one every 15 s. */
function warnOnChange(
  autoscaler: HorizontalPodAutoscaler,
  { reason, message, shownAs = reason }: { reason: string; message: string; shownAs?: string },
  { events }: ControllerContext,
): void {
  const isKnown = autoscaler.status?.conditions?.some((condition) => condition.reason === shownAs);
  if (!isKnown) events.record(autoscaler, { type: "Warning", reason, message });
}

function autoscalersOf(object: Deployment | StatefulSet, { api }: ControllerContext) {
  return api
    .list(HorizontalPodAutoscaler, inNamespaceOf(object))
    .filter(
      ({ spec: { scaleTargetRef } }) =>
        scaleTargetRef.kind === object.kind && scaleTargetRef.name === object.metadata.name,
    )
    .map(keyOf);
}
