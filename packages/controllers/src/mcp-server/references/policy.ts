import type { RunConfig } from "@moorage/mcp-proxy";
import type { ToolConfig } from "@moorage/resources";
import type { Egress } from "../children/network-policy.ts";

/** What the objects that a server's spec refers to come to, once all of them are there and make sense. */
export interface Policy {
  toolConfig?: ToolConfig | undefined;
  oidc?: RunConfig["oidc"];
  authz?: RunConfig["authz"];
  /** What the server may reach; absent: whatever the cluster lets it. */
  egress?: Egress;
  /** Header → file of the telemetry collector. */
  telemetryHeaders?: Record<string, { file: string }> | undefined;
  /** What the proxy is to keep secret: base64 by file name. */
  files: Readonly<Record<string, string>>;
  /** Of the Secrets and ConfigMaps that the server reads when it starts. */
  inputsHash?: string | undefined;
}
