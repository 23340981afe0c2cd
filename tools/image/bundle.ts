/**
 * Bundles the programs into dist/image, with no node_modules beside them.
 *
 * Usage: node tools/image/bundle.ts
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundlePrograms, programs } from "../bundle/bundle-programs.ts";

const target = join(import.meta.dirname, "../../dist/image");

await bundlePrograms(target, programs);
writeFileSync(join(target, "package.json"), '{ "type": "module" }\n');
copyFileSync(join(import.meta.dirname, "entrypoint.mjs"), join(target, "moorage.mjs"));
