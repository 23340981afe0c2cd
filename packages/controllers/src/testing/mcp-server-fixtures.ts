import { apiVersionOf } from "@moorage/kube-types";
import type { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { Pod, Service } from "@moorage/kube-types/core-v1";
import type { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { type MCPServer, McpDevMCPServer, StacklokMCPServer } from "@moorage/resources";
import { type Serves, selectorLabels } from "../mcp-server/names.ts";

export const images = { moorage: "moorage:1", runner: "runner:1" };

/** An MCPServer of `mcp.stacklok.com` as the API server would store it: defaults are filled in. */
export function stacklokServer(spec: Partial<MCPServer["spec"]> = {}, status?: MCPServer["status"]): MCPServer {
  return server(StacklokMCPServer, { transport: "stdio", proxy: { enabled: true, replicas: 1 }, ...spec }, status);
}

/** One of `mcp.mcp.dev`. */
export function mcpDevServer(spec: Partial<MCPServer["spec"]> = {}): MCPServer {
  return server(McpDevMCPServer, { transport: "streamable-http", ...spec });
}

function server(
  type: typeof StacklokMCPServer,
  spec: Partial<MCPServer["spec"]> & Pick<MCPServer["spec"], "transport">,
  status?: MCPServer["status"],
): MCPServer {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: { name: "weather", namespace: "sky", uid: "uid-weather", generation: 1 },
    spec: {
      image: "npx://@scope/weather@1.2.3",
      port: 8080,
      replicas: 1,
      serviceType: "ClusterIP",
      computeProfile: "standard",
      securityProfile: "restricted",
      ...spec,
    },
    ...(status && { status }),
  };
}

/** A StatefulSet or Deployment of the server with so many pods available. */
export function workload<K extends "StatefulSet" | "Deployment">(
  kind: K,
  available: number,
): K extends "Deployment" ? Deployment : StatefulSet;
export function workload(kind: string, available: number): Deployment | StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "weather", namespace: "sky" },
    spec: { replicas: available, selector: {}, template: {}, serviceName: "weather-headless" },
    status: { replicas: available, updatedReplicas: available, availableReplicas: available },
  };
}

export function pod(serves: Serves, address: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `weather-${serves}`, namespace: "sky", labels: selectorLabels("weather", serves) },
    spec: { containers: [] },
    status: { podIP: address, conditions: [{ type: "Ready", status: "True" }] },
  };
}

export function service(clusterIP = "10.0.0.1"): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "weather", namespace: "sky" },
    spec: { clusterIP, ports: [{ port: 8080 }] },
  };
}

/** Of that Service, with one endpoint. */
export function endpointSlice(ready: boolean): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "weather-x1",
      namespace: "sky",
      labels: { ...selectorLabels("weather", "clients"), "kubernetes.io/service-name": "weather" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.1.2.3"], conditions: { ready } }],
    ports: [],
  };
}
