import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { ClusterView } from "./cluster-view.ts";

/** One value of a metric. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** A gauge over all objects of a controller's kind. Made by `gauge()`. */
export interface ObjectGauge {
  kind: "gauge";
  name: string;
  help: string;
  labelNames: readonly string[];
  samplesOf(objects: readonly KubeObject[], cluster: ClusterView): Iterable<Sample>;
}

/** Counts children that could not be created. Made by `creationErrors()`. */
export interface CreationErrors {
  kind: "creationErrors";
  name: string;
  help: string;
  /** The kind of the children. */
  type: ResourceType;
  /** The same for every count of this controller. */
  labels: Readonly<Record<string, string>>;
}

export type ControllerMetric = ObjectGauge | CreationErrors;

/**
 * A gauge that is computed from the cache when it is scraped, so that it is never out of date and needs no upkeep.
 * Controllers may share a name: their samples with the same labels are added up.
 *
 * @example
 * gauge(MCPServer, { name: "mcpserver_total", help: "MCPServers", labelNames: ["api_group"] }, (servers) => [
 *   { labels: { api_group: "mcp.mcp.dev" }, value: servers.length },
 * ])
 */
export function gauge<T extends KubeObject>(
  _type: ResourceType<T>,
  metric: { name: string; help: string; labelNames: readonly string[] },
  samplesOf: (objects: readonly T[], cluster: ClusterView) => Iterable<Sample>,
): ObjectGauge {
  return { kind: "gauge", ...metric, samplesOf };
}

/**
 * A counter of children of `type` whose creation the server refused or that could not be sent, starting at 0. The
 * runtime counts the same for every kind in `child_apply_errors_total{controller,kind,operation}`. Controllers may
 * share a name when they have the same label names.
 *
 * @example
 * creationErrors(Deployment, { name: "mcpserver_deployment_creation_errors_total", help: "…", labels: { api_group } })
 */
export function creationErrors(
  type: ResourceType,
  metric: { name: string; help: string; labels?: Readonly<Record<string, string>> },
): CreationErrors {
  return { kind: "creationErrors", type, labels: {}, ...metric };
}
