import { cpSync } from "node:fs";
import { join } from "node:path";
import { bundlePrograms, programs } from "../bundle/bundle-programs.ts";
import { writeManifest } from "./manifest.ts";

const root = join(import.meta.dirname, "../..");

/** What programs read beside themselves, and what a package has. */
const files = {
  "packages/dev-cluster/src/openapi/data": "lib/data",
  "packages/dev-cluster/src/node/preload/preload.cjs": "lib/preload/preload.cjs",
  "packages/dev-cluster/src/node/preload/sitecustomize.py": "lib/preload/sitecustomize.py",
  "deploy/install.yaml": "lib/install.yaml",
  "apps/cli/bin/moorage.mjs": "bin/moorage.mjs",
  "tools/package/README.md": "README.md",
  LICENSE: "LICENSE",
};

/**
 * Builds the package `moorage`: the command line with the dev cluster, the operator and the proxy, bundled, so that it has
 * no dependencies and starts in half the time.
 */
export async function buildCommand(target: string): Promise<void> {
  await bundlePrograms(join(target, "lib"), {
    ...programs,
    cli: join(root, "apps/cli/src/main.ts"),
    // The dev cluster's node starts it, by this name beside itself.
    bridge: join(root, "packages/dev-cluster/src/node/bridge/main.ts"),
  });
  for (const [from, to] of Object.entries(files)) cpSync(join(root, from), join(target, to), { recursive: true });
  writeManifest(target, {
    name: "moorage",
    description: "Runs MCP servers from declarative resources, on Kubernetes or on a laptop with no cluster",
    bin: { moorage: "bin/moorage.mjs" },
  });
}
