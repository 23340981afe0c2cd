import { createHash } from "node:crypto";
import type { KubeObject } from "@moorage/kube-types";
import type { PodTemplateSpec } from "@moorage/kube-types/core-v1";
import type { Images } from "../../pods/images.ts";

/** On the workload: the images that its pods were last built with, and what for. */
const annotation = "mcp.moorage.dev/images";

/**
 * A server's pods, with the images of ours in them that they have had so far: an upgrade of the operator rolls no
 * server. A change of anything else in the pods brings the current images along.
 */
export function withSteadyImages(
  build: (images: Images) => PodTemplateSpec,
  { images, existing }: { images: Images; existing: KubeObject | undefined },
): { template: PodTemplateSpec; annotations: Record<string, string> } {
  const hash = createHash("sha256")
    .update(JSON.stringify(build({ moorage: "", runner: "" })))
    .digest("hex")
    .slice(0, 16);
  const [recordedHash, moorage, runner] = existing?.metadata.annotations?.[annotation]?.split(" ") ?? [];
  const kept = recordedHash === hash && moorage && runner ? { moorage, runner } : images;
  return { template: build(kept), annotations: { [annotation]: `${hash} ${kept.moorage} ${kept.runner}` } };
}
