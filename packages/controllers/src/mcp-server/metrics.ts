import { Deployment } from "@moorage/kube-types/apps-v1";
import { Service } from "@moorage/kube-types/core-v1";
import { type Controller, creationErrors, gauge } from "@moorage/operator-runtime";
import type { DefinedResource, MCPServer } from "@moorage/resources";

/** Always there, so that a query finds them: document S5 names these two. */
const phases = ["Running", "Pending"];

/** The metrics that document S5 names, told apart by API group. */
export function serverMetrics(
  type: DefinedResource<MCPServer["spec"], NonNullable<MCPServer["status"]>>,
): NonNullable<Controller["metrics"]> {
  const labels = { api_group: type.group };
  return [
    gauge(type, { name: "mcpserver_total", help: "MCPServers", labelNames: ["api_group"] }, (servers) => [
      { labels, value: servers.length },
    ]),
    gauge(
      type,
      { name: "mcpserver_phase", help: "MCPServers by phase", labelNames: ["api_group", "phase"] },
      (servers) => {
        const phaseOf = ({ status }: MCPServer) => status?.phase ?? "Pending";
        const known = new Set([...phases, ...servers.map(phaseOf)]);
        return [...known].map((phase) => ({
          labels: { ...labels, phase },
          value: servers.filter((server) => phaseOf(server) === phase).length,
        }));
      },
    ),
    creationErrors(Deployment, {
      name: "mcpserver_deployment_creation_errors_total",
      help: "Deployments that could not be created",
      labels,
    }),
    creationErrors(Service, {
      name: "mcpserver_service_creation_errors_total",
      help: "Services that could not be created",
      labels,
    }),
  ];
}
