import type { PodSecurityContext, SecurityContext } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";

/**
 * What the "restricted" Pod Security Standard asks of a pod and of a container, and a read-only root besides.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export const restrictedPod: PodSecurityContext = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };

export const restrictedContainer: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** For images that run as root or write where they like: no more than the "baseline" standard forbids. */
const baselinePod: PodSecurityContext = { seccompProfile: { type: "RuntimeDefault" } };
const baselineContainer: SecurityContext = { allowPrivilegeEscalation: false };

/** The security contexts of a server's pod, by `spec.securityProfile`. */
export function securityOf({ spec }: MCPServer): { pod: PodSecurityContext; container: SecurityContext } {
  if (spec.securityProfile === "baseline") return { pod: baselinePod, container: baselineContainer };
  return { pod: restrictedPod, container: restrictedContainer };
}
