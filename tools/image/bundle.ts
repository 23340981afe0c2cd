/**
 * Bundles the programs into dist/image: one file each, with no node_modules beside it.
 *
 * Usage: node tools/image/bundle.ts
 */
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");
const target = join(root, "dist/image");

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
await build({
  entryPoints: {
    operator: join(root, "apps/operator/src/main.ts"),
    proxy: join(root, "apps/proxy/src/main.ts"),
  },
  outdir: target,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // CommonJS dependencies ask for `require`, which ES modules do not have.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "warning",
});
copyFileSync(join(import.meta.dirname, "entrypoint.mjs"), join(target, "moorage.mjs"));
