import { writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

/** Of every package of this repository. */
export const { version } = packageJson;

/** Writes the `package.json` of what is published. */
export function writeManifest(
  folder: string,
  manifest: { name: string; description: string; [field: string]: unknown },
) {
  const { license } = packageJson;
  const { name, description, ...rest } = manifest;
  const whole = { name, version, description, license, type: "module", engines: { node: ">=24" }, ...rest };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(whole, undefined, 2)}\n`);
}
