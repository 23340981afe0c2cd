import { hash } from "node:crypto";
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
  const purpose = hash("sha256", JSON.stringify(build({ moorage: "", runner: "" })), "hex").slice(0, 16);
  const [recordedPurpose, moorage, runner] = existing?.metadata.annotations?.[annotation]?.split(" ") ?? [];
  const kept = recordedPurpose === purpose && moorage && runner ? { moorage, runner } : images;
  return { template: build(kept), annotations: { [annotation]: `${purpose} ${kept.moorage} ${kept.runner}` } };
}
