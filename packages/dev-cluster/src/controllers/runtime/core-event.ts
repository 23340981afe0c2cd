import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { EventSource, ObjectReference } from "@moorage/kube-types/core-v1";

/** An Event of the core group, the form that `kubectl describe` reads. Source: core/v1 Event. */
export interface CoreEvent extends KubeObject {
  involvedObject: ObjectReference;
  reason: string;
  message: string;
  type: "Normal" | "Warning";
  source: EventSource;
  reportingComponent: string;
  reportingInstance: string;
  count: number;
  /** RFC 3339, seconds. */
  firstTimestamp: string;
  lastTimestamp: string;
  eventTime: null;
}

export const CoreEvent: ResourceType<CoreEvent> = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
};
