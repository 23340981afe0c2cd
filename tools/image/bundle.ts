/**
 * Bundles the programs into dist/image, with no node_modules beside them.
 *
 * Usage: node tools/image/bundle.ts
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundlePrograms } from "../bundle/bundle-programs.ts";

const root = join(import.meta.dirname, "../..");
const target = join(root, "dist/image");

await bundlePrograms(target, {
  operator: join(root, "apps/operator/src/main.ts"),
  proxy: join(root, "apps/proxy/src/main.ts"),
  // The operator starts it as a thread, by this name beside itself.
  "leader-thread": join(root, "packages/operator-runtime/src/leader/leader-thread.ts"),
});
writeFileSync(join(target, "package.json"), '{ "type": "module" }\n');
// Cedar looks for it beside the file that its code is in.
const wasm = "cedar_wasm_bg.wasm";
copyFileSync(join(root, "node_modules/@cedar-policy/cedar-wasm/nodejs", wasm), join(target, wasm));
copyFileSync(join(import.meta.dirname, "entrypoint.mjs"), join(target, "moorage.mjs"));
