/** Writes deploy/crds: one CustomResourceDefinition per kind of packages/resources. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { resources } from "@moorage/resources";
import { writeYaml } from "./write-yaml.ts";

rmSync(join(import.meta.dirname, "../../deploy/crds"), { recursive: true, force: true });
for (const { crd } of resources) {
  writeYaml(`crds/${crd.metadata.name}.yaml`, [crd], { comment: ["Its source is packages/resources."] });
}
