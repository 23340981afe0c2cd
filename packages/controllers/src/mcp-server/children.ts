import type { KubeObject } from "@moorage/kube-types";
import type { MCPServer, ToolConfig } from "@moorage/resources";
import type { Images } from "../pods/images.ts";
import type { Model } from "./model.ts";
import { proxyPodTemplate } from "./proxy-pods.ts";
import { runConfigFor, runConfigMap } from "./run-config.ts";
import { serverPodTemplate } from "./server-pods.ts";
import { clientService, headlessService } from "./services.ts";
import { unenforcedFields } from "./unenforced.ts";
import { clientDeployment, serverStatefulSet } from "./workloads.ts";

/** Every object that should exist for a server. What is missing from the list is removed by the runtime. */
export function childrenOf(
  server: MCPServer,
  model: Model,
  toolConfig: ToolConfig | undefined,
  images: Images,
): KubeObject[] {
  const pods = serverPodTemplate(server, model, images);
  const wayIn = clientService(server, model);
  if (!model.proxied) {
    // Nothing stands between clients and the server, so it must not run at all without its protection.
    return isProtected(server) ? [clientDeployment(model, server.spec.replicas, pods), wayIn] : [];
  }
  const behind = [serverStatefulSet(server, model, pods), headlessService(model)];
  if (!isProtected(server)) return behind;
  const proxies = clientDeployment(model, server.spec.proxy?.replicas ?? 1, proxyPodTemplate(model, images));
  return [...behind, runConfigMap(model, runConfigFor(model, toolConfig)), proxies, wayIn];
}

function isProtected(server: MCPServer): boolean {
  return unenforcedFields(server.spec).length === 0;
}
