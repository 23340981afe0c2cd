import type { PodSecurityContext, SecurityContext } from "@moorage/kube-types/core-v1";

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
