import type { ClusterApi } from "../cluster-api.ts";
import { policyStatusController } from "./admission-policy/policy-status-controller.ts";
import { autoscalerController } from "./autoscaler/autoscaler-controller.ts";
import { aggregationController } from "./cluster-role/aggregation-controller.ts";
import { deploymentController } from "./deployment/deployment-controller.ts";
import { disruptionBudgetController } from "./disruption-budget/disruption-budget-controller.ts";
import { endpointSliceController } from "./endpoints/endpoint-slice-controller.ts";
import { endpointsController } from "./endpoints/endpoints-controller.ts";
import { runGarbageCollector } from "./garbage-collector/garbage-collector.ts";
import { jobController } from "./job/job-controller.ts";
import { namespaceController } from "./namespace/namespace-controller.ts";
import { podCleanupController } from "./pod-cleanup/pod-cleanup-controller.ts";
import { replicaSetController } from "./replica-set/replica-set-controller.ts";
import { type BuiltInController, type ControllerContext, runController } from "./runtime/controller.ts";
import { EventRecorder } from "./runtime/event-recorder.ts";
import { scheduler } from "./scheduler/scheduler.ts";
import { secretTokenController } from "./service-account/secret-token-controller.ts";
import { rootCaController, serviceAccountController } from "./service-account/service-account-controller.ts";
import { statefulSetController } from "./stateful-set/stateful-set-controller.ts";

/** Each controller with the name that its Events carry, which is upstream's. */
const controllers: readonly { controller: BuiltInController; component: string }[] = [
  { controller: serviceAccountController, component: "serviceaccount-controller" },
  { controller: rootCaController, component: "root-ca-certificate-publisher-controller" },
  { controller: secretTokenController, component: "tokens-controller" },
  { controller: aggregationController, component: "clusterrole-aggregation-controller" },
  { controller: policyStatusController, component: "validatingadmissionpolicy-status-controller" },
  { controller: scheduler, component: "default-scheduler" },
  { controller: podCleanupController, component: "pod-garbage-collector" },
  { controller: deploymentController, component: "deployment-controller" },
  { controller: replicaSetController, component: "replicaset-controller" },
  { controller: statefulSetController, component: "statefulset-controller" },
  { controller: jobController, component: "job-controller" },
  { controller: disruptionBudgetController, component: "disruption-controller" },
  { controller: autoscalerController, component: "horizontal-pod-autoscaler" },
  { controller: endpointSliceController, component: "endpoint-slice-controller" },
  { controller: endpointsController, component: "endpoint-controller" },
  { controller: namespaceController, component: "namespace-controller" },
];

export interface ControllersOptions {
  /** Told of failures that no controller expected. */
  logError(message: string, error: unknown): void;
  /** The clock, for tests. Default: the machine's. */
  now?: () => Date;
}

/** Starts every built-in controller, the scheduler and the garbage collector; returns how to stop them. */
export function startControllers(
  api: ClusterApi,
  { logError, now = () => new Date() }: ControllersOptions,
): () => void {
  const contextOf = (component: string): ControllerContext => {
    const events = new EventRecorder(api, { component, now, logError });
    return { api, events, now, logError };
  };
  const stops = controllers.map(({ controller, component }) => runController(controller, contextOf(component)));
  stops.push(runGarbageCollector(contextOf("garbage-collector-controller")));
  return () => {
    for (const stop of stops) stop();
  };
}
