/** How an image is pinned. A digest pins the content, a tag a name that may move, `latest` or no tag nothing. */
export type ImagePinning = "digest" | "tag" | "floating" | "untagged";

/** Reads an OCI reference: `registry:5000/app:1.25@sha256:…`. */
export function pinningOf(image: string): ImagePinning {
  if (image.includes("@")) return "digest";
  // A colon before the last slash belongs to the registry's port.
  const name = image.slice(image.lastIndexOf("/") + 1);
  const colon = name.indexOf(":");
  if (colon < 0) return "untagged";
  return name.slice(colon + 1) === "latest" ? "floating" : "tag";
}
