import type { ControllerRevision, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { Pod, Volume } from "@moorage/kube-types/core-v1";
import { podFromTemplate } from "../runtime/owned-pods.ts";
import { revisionLabel, templateOf } from "./revisions.ts";

/** The pod of one ordinal: its name, host name and labels are its identity and stay the same for ever. */
export function statefulPod(set: StatefulSet, ordinal: number, revision: ControllerRevision): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(templateOf(revision, set), set, { name });
  const { serviceName } = set.spec;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${set.metadata.name}-`,
      labels: {
        ...pod.metadata.labels,
        [revisionLabel]: revision.metadata.name,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(ordinal),
      },
    },
    spec: {
      ...(pod.spec ?? { containers: [] }),
      hostname: name,
      ...(serviceName && { subdomain: serviceName }),
      ...withClaims(set, name, pod.spec?.volumes),
    },
  };
}

/** The claim of one template for one pod: `data-web-0`. */
export function claimName(template: string, podName: string): string {
  return `${template}-${podName}`;
}

/** A volume of a claim template wins over a volume of the same name in the pod template. */
function withClaims(set: StatefulSet, podName: string, volumes: Volume[] = []): { volumes?: Volume[] } {
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: claimName(name, podName) },
  }));
  if (claims.length === 0) return {};
  return { volumes: [...volumes.filter(({ name }) => claims.every((claim) => claim.name !== name)), ...claims] };
}

/** The number at the end of the pod's name, or -1 when the name is not one of this StatefulSet. */
export function ordinalOf(set: StatefulSet, pod: Pod): number {
  const prefix = `${set.metadata.name}-`;
  const rest = pod.metadata.name.slice(prefix.length);
  return pod.metadata.name.startsWith(prefix) && /^\d+$/.test(rest) ? Number(rest) : -1;
}
