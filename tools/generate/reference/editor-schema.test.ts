import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { resources, StacklokMCPServer } from "@moorage/resources";
import * as Schema from "typebox/schema";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { editorSchemaOf } from "./editor-schema.ts";

const root = join(import.meta.dirname, "../../..");
const manifests = ["examples", "e2e/samples"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".yaml") && !file.includes("fragment"))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(root, folder, file), "utf8")).map(
        (document) => [`${folder}/${file}`, document.toJS()] as const,
      ),
    ),
);

describe("editorSchemaOf()", () => {
  it.each(manifests)("accepts %s", (_, manifest) => {
    const type = resources.find(
      ({ group, version, kind }) => manifest.apiVersion === `${group}/${version}` && manifest.kind === kind,
    );
    if (!type) throw new Error(`No kind for ${manifest.apiVersion} ${manifest.kind}`);
    const [, errors] = Schema.Errors(editorSchemaOf(type), manifest);
    expect(errors).toEqual([]);
  });

  it.each([
    ["a misspelt field", { image: "a:1", tranport: "stdio" }],
    ["a value out of bounds", { image: "a:1", port: 70_000 }],
    ["an unknown member of a list's item", { image: "a:1", env: [{ name: "A", valeu: "b" }] }],
    ["no image", {}],
  ])("refuses %s", (_, spec) => {
    const manifest = { apiVersion: "mcp.stacklok.com/v1alpha1", kind: "MCPServer", metadata: { name: "x" }, spec };
    expect(Schema.Check(editorSchemaOf(StacklokMCPServer), manifest)).toBe(false);
  });

  it("leaves pod templates open, and takes numbers and texts as quantities", () => {
    const spec = {
      image: "a:1",
      podTemplateSpec: { spec: { anything: [1] } },
      resources: { limits: { cpu: 1, memory: "1Gi" } },
    };
    const manifest = { apiVersion: "mcp.stacklok.com/v1alpha1", kind: "MCPServer", metadata: { name: "x" }, spec };
    expect(Schema.Check(editorSchemaOf(StacklokMCPServer), manifest)).toBe(true);
  });
});
