import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Discovery } from "@moorage/kube-client";
import { apiVersionOf } from "@moorage/kube-types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseManifests } from "../apps/cli/src/manifests.ts";
import { DevUnderTest } from "./dev-cluster.ts";

const root = join(import.meta.dirname, "..");
/** Every manifest that a reader may copy: whole files in examples/, and YAML with an apiVersion in pages. */
const manifests = [
  ...filesOf("examples", ".yaml").map((file) => [file, readFileSync(join(root, file), "utf8")] as const),
  ...["README.md", ...filesOf("docs", ".md")].flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/```yaml\n(?<yaml>apiVersion[\s\S]*?)```/g)].map(
      ({ groups }, index) => [`${file}, block ${index + 1}`, groups?.["yaml"] ?? ""] as const,
    ),
  ),
];
let dev: DevUnderTest;

function filesOf(folder: string, ending: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return entries
    .filter((name) => name.endsWith(ending) && !name.includes("node_modules"))
    .map((name) => join(folder, name));
}

beforeAll(async () => {
  dev = await DevUnderTest.start();
}, 60_000);
afterAll(() => dev.stop());

describe("manifests in documents and examples", () => {
  it("are found", () => {
    expect(manifests.length).toBeGreaterThan(5);
  });

  it.each(manifests)("apply under strict validation: %s", async (place, text) => {
    const { client } = dev;
    for (const { object } of parseManifests(text, place)) {
      const { resources } = await Discovery.load(client);
      const found = resources.find(({ type }) => type.kind === object.kind && apiVersionOf(type) === object.apiVersion);
      if (!found) throw new Error(`The cluster does not serve ${object.apiVersion} ${object.kind}`);
      const { type } = found;
      const metadata = {
        ...object.metadata,
        ...(type.namespaced && { namespace: object.metadata.namespace ?? "default" }),
      };
      await client.apply(type, { ...object, metadata }, { fieldValidation: "Strict", dryRun: true });
    }
  });
});
