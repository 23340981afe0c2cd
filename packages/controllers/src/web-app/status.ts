import { formatLabels, type ObservedCondition } from "@moorage/kube-types";
import type { Deployment } from "@moorage/kube-types/apps-v1";
import type { Pod } from "@moorage/kube-types/core-v1";
import type { WebApp } from "@moorage/resources";
import { findPodProblem, type PodProblem } from "../pods/pod-problems.ts";
import { isUnobserved } from "../pods/unobserved.ts";
import { selectorLabels } from "./children.ts";

export interface WebAppObservation {
  app: WebApp;
  /** Whether `podTemplateSpec` can be merged, where there is one. */
  template: ObservedCondition | undefined;
  deployment: Deployment | undefined;
  pods: readonly Pod[];
}

/** The states of document S3. `Failed` is ours: only a change by a user helps. `Deleting` is the controller's last word. */
export type WebAppPhase = "Created" | "Reconciling" | "WaitingForPodsReady" | "Ready" | "Scaling" | "Failed";

/** `status` and conditions of a WebApp. */
export function statusOf(observation: WebAppObservation) {
  const { app, deployment, template } = observation;
  const { replicas = 0, availableReplicas = 0 } = deployment?.status ?? {};
  const phase = phaseOf(observation);
  const status: NonNullable<WebApp["status"]> = {
    phase,
    replicas,
    availableReplicas,
    selector: formatLabels(selectorLabels(app.metadata.name)),
  };
  const conditions = [...conditionsOf(observation, phase), ...(template ? [template] : [])];
  return { status, conditions };
}

/**
 * Created → Reconciling → WaitingForPodsReady → Ready ⇄ Scaling, as document S3 draws it.
 * Where an app is in it follows from what is there; only Scaling also asks where it comes from.
 */
export function phaseOf(observation: WebAppObservation): WebAppPhase {
  const { app, deployment } = observation;
  if (problemOf(observation)) return "Failed";
  if (!app.status) return "Created";
  if (!deployment) return "Reconciling";
  if (isComplete(app, deployment)) return "Ready";
  const { phase } = app.status;
  const sameTemplate = deployment.status?.updatedReplicas === deployment.status?.replicas;
  return (phase === "Ready" || phase === "Scaling") && sameTemplate ? "Scaling" : "WaitingForPodsReady";
}

function isComplete({ spec }: WebApp, deployment: Deployment): boolean {
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = deployment.status ?? {};
  return (
    !isUnobserved(deployment) &&
    deployment.spec.replicas === spec.replicas &&
    updatedReplicas === spec.replicas &&
    availableReplicas === spec.replicas &&
    replicas === spec.replicas
  );
}

function problemOf({ app, template, deployment, pods }: WebAppObservation): PodProblem | undefined {
  if (template?.status === "False") return { reason: template.reason, message: template.message };
  if (deployment && isComplete(app, deployment)) return undefined;
  return findPodProblem(pods);
}

function conditionsOf(observation: WebAppObservation, phase: WebAppPhase): ObservedCondition[] {
  const { app, deployment } = observation;
  const wanted = app.spec.replicas;
  const { availableReplicas = 0 } = deployment?.status ?? {};
  const problem = problemOf(observation);
  const count = `${availableReplicas} of ${wanted} pods are available`;
  const settled = phase === "Ready" || phase === "Failed";
  const why = problem ?? { reason: phase, message: count };
  return [
    {
      type: "Ready",
      status: phase === "Ready" ? "True" : "False",
      ...(phase === "Ready" ? { reason: "AllPodsAvailable", message: count } : why),
    },
    availableReplicas > 0 || wanted === 0
      ? { type: "Available", status: "True", reason: "MinimumReplicasAvailable", message: count }
      : { type: "Available", status: "False", reason: why.reason, message: why.message },
    {
      type: "Progressing",
      status: settled ? "False" : "True",
      reason: phase,
      message: settled ? "Nothing is being changed" : count,
    },
    { type: "Degraded", ...degraded(problem, availableReplicas) },
  ];
}

/** Something is wrong, and something still serves. */
function degraded(problem: PodProblem | undefined, available: number): Omit<ObservedCondition, "type"> {
  if (problem && available > 0) return { status: "True", reason: problem.reason, message: problem.message };
  return { status: "False", reason: "AsExpected", message: "Nothing is known to be wrong with what serves" };
}
