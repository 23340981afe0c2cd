/**
 * Bundles the programs into dist/image: one file each, with no node_modules beside it.
 *
 * Usage: node tools/image/bundle.ts
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { bundleOptions } from "./bundle-options.ts";

const root = join(import.meta.dirname, "../..");
const target = join(root, "dist/image");

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const shared: BuildOptions = { ...bundleOptions, outdir: target };
await build({
  ...shared,
  entryPoints: {
    operator: join(root, "apps/operator/src/main.ts"),
    proxy: join(root, "apps/proxy/src/main.ts"),
  },
  outExtension: { ".js": ".mjs" },
});
// The operator starts it as a thread, by this name beside itself.
await build({ ...shared, entryPoints: [join(root, "packages/operator-runtime/src/leader/leader-thread.ts")] });
writeFileSync(join(target, "package.json"), '{ "type": "module" }\n');
// Cedar looks for it beside the file that its code is in.
const wasm = "cedar_wasm_bg.wasm";
copyFileSync(join(root, "node_modules/@cedar-policy/cedar-wasm/nodejs", wasm), join(target, wasm));
copyFileSync(join(import.meta.dirname, "entrypoint.mjs"), join(target, "moorage.mjs"));
