import { type ApiObject, ensureFields, type Fields } from "../../store/api-object.ts";
import { defaultPodSpec } from "./pod-spec.ts";
import { itemsOf, setDefaults, within } from "./set-default.ts";

function defaultTemplate(parent: Fields): Fields {
  const template = ensureFields(parent, "template");
  ensureFields(template, "metadata");
  const spec = ensureFields(template, "spec");
  defaultPodSpec(spec);
  return spec;
}

/** Source: `SetDefaults_Deployment` of apps/v1. */
export function defaultDeployment(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  // Go does not write it.
  if (spec["paused"] === false) delete spec["paused"];
  setDefaults(spec, { progressDeadlineSeconds: 600, replicas: 1, revisionHistoryLimit: 10 });
  const strategy = ensureFields(spec, "strategy");
  setDefaults(strategy, { type: "RollingUpdate" });
  if (strategy["type"] === "RollingUpdate") {
    setDefaults(ensureFields(strategy, "rollingUpdate"), { maxSurge: "25%", maxUnavailable: "25%" });
  }
  defaultTemplate(spec);
}

export function defaultReplicaSet(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  setDefaults(spec, { replicas: 1 });
  defaultTemplate(spec);
}

/** Source: `SetDefaults_StatefulSet` of apps/v1. */
export function defaultStatefulSet(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  setDefaults(spec, { podManagementPolicy: "OrderedReady", replicas: 1, revisionHistoryLimit: 10 });
  const strategy = ensureFields(spec, "updateStrategy");
  setDefaults(strategy, { type: "RollingUpdate" });
  if (strategy["type"] === "RollingUpdate") setDefaults(ensureFields(strategy, "rollingUpdate"), { partition: 0 });
  setDefaults(ensureFields(spec, "persistentVolumeClaimRetentionPolicy"), {
    whenDeleted: "Retain",
    whenScaled: "Retain",
  });
  defaultTemplate(spec);
  for (const claim of itemsOf(spec, "volumeClaimTemplates")) {
    setDefaults(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim" });
    setDefaults(ensureFields(claim, "status"), { phase: "Pending" });
    within(claim, "spec", (claimSpec) => setDefaults(claimSpec, { volumeMode: "Filesystem" }));
  }
}

export function defaultDaemonSet(object: ApiObject): void {
  const generation = { "deprecated.daemonset.template.generation": "1" };
  object.metadata.annotations = { ...generation, ...object.metadata.annotations };
  const spec = ensureFields(object, "spec");
  setDefaults(spec, { revisionHistoryLimit: 10 });
  const strategy = ensureFields(spec, "updateStrategy");
  setDefaults(strategy, { type: "RollingUpdate" });
  if (strategy["type"] === "RollingUpdate")
    setDefaults(ensureFields(strategy, "rollingUpdate"), { maxSurge: 0, maxUnavailable: 1 });
  defaultTemplate(spec);
}

/** Source: `SetDefaults_Job` of batch/v1. */
function defaultJobSpec(spec: Fields): void {
  // Without either count a Job runs one pod to its end.
  if (spec["completions"] === undefined && spec["parallelism"] === undefined) spec["completions"] = 1;
  setDefaults(spec, {
    backoffLimit: 6,
    completionMode: "NonIndexed",
    manualSelector: false,
    parallelism: 1,
    podReplacementPolicy: spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed",
    suspend: false,
  });
  defaultTemplate(spec);
}

export function defaultJob(object: ApiObject): void {
  defaultJobSpec(ensureFields(object, "spec"));
}

export function defaultCronJob(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  setDefaults(spec, {
    concurrencyPolicy: "Allow",
    failedJobsHistoryLimit: 1,
    successfulJobsHistoryLimit: 3,
    suspend: false,
  });
  const template = ensureFields(spec, "jobTemplate");
  ensureFields(template, "metadata");
  const jobSpec = ensureFields(template, "spec");
  // Counts and modes of the Jobs are defaulted when they are created, not here.
  const podTemplate = ensureFields(jobSpec, "template");
  ensureFields(podTemplate, "metadata");
  defaultPodSpec(ensureFields(podTemplate, "spec"));
}

/** Source: `SetDefaults_HorizontalPodAutoscaler` of autoscaling/v2. */
export function defaultAutoscaler(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  setDefaults(spec, { minReplicas: 1 });
  if (object.apiVersion !== "autoscaling/v2") return;
  if (itemsOf(spec, "metrics").length === 0) {
    const target = { type: "Utilization", averageUtilization: 80 };
    spec["metrics"] = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
  within(spec, "behavior", defaultScalingBehavior);
}

function defaultScalingBehavior(behavior: Fields): void {
  const down = ensureFields(behavior, "scaleDown");
  setDefaults(down, { selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] });
  const up = ensureFields(behavior, "scaleUp");
  setDefaults(up, {
    selectPolicy: "Max",
    stabilizationWindowSeconds: 0,
    policies: [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ],
  });
}
