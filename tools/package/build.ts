/**
 * Builds the npm package `moorage` in dist/npm, for `npm pack` and `npm publish`: the command line with the dev cluster,
 * the operator and the proxy, bundled, so that it has no dependencies and starts in half the time.
 *
 * Usage: node tools/package/build.ts
 */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { bundlePrograms, programs } from "../bundle/bundle-programs.ts";

const root = join(import.meta.dirname, "../..");
const target = join(root, "dist/npm");

await bundlePrograms(join(target, "lib"), {
  ...programs,
  cli: join(root, "apps/cli/src/main.ts"),
  // The dev cluster's node starts it, by this name beside itself.
  bridge: join(root, "packages/dev-cluster/src/node/bridge/main.ts"),
});

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
for (const [from, to] of Object.entries(files)) cpSync(join(root, from), join(target, to), { recursive: true });

const { version, license } = packageJson;
const manifest = {
  name: "moorage",
  version,
  description: "Runs MCP servers from declarative resources, on Kubernetes or on a laptop with no cluster",
  license,
  type: "module",
  bin: { moorage: "bin/moorage.mjs" },
  engines: { node: ">=24" },
};
writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
