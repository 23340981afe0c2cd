/** Where a workload's program comes from. */
export type Source = { kind: "npx" | "uvx"; package: string } | { kind: "oci"; image: string };

/** Reads `spec.image`: an OCI reference, `npx://PACKAGE@VERSION` or `uvx://PACKAGE@VERSION`. */
export function sourceOf(image: string): Source {
  const match = /^(npx|uvx):\/\/(.+)$/.exec(image);
  const [, runner, name] = match ?? [];
  if (name && (runner === "npx" || runner === "uvx")) return { kind: runner, package: name };
  return { kind: "oci", image };
}

/** The words that run a package in the runner image. */
export function packageCommand({ kind, package: name }: Exclude<Source, { kind: "oci" }>): string[] {
  return kind === "npx" ? ["npx", "-y", name] : ["uvx", name];
}
