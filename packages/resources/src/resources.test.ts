import type { JSONSchemaProps } from "@moorage/kube-types/apiextensions-v1";
import { describe, expect, it } from "vitest";
import { McpDevMCPServer, resources, StacklokMCPServer, ToolConfig, WebApp } from "./index.ts";

function specOf(crd: (typeof resources)[number]["crd"]): JSONSchemaProps {
  const spec = crd.spec.versions[0]?.schema?.openAPIV3Schema?.properties?.["spec"];
  if (!spec) throw new Error(`${crd.metadata.name} has no spec`);
  return spec;
}

/** Every schema below `schema` with its path. */
function* walk(schema: JSONSchemaProps, path: string): Generator<[string, JSONSchemaProps]> {
  yield [path, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* walk(property, `${path}.${name}`);
}

describe("the kinds", () => {
  it.each(resources.map((type) => [`${type.plural}.${type.group}`, type.crd] as const))(
    "%s describes every field of its spec",
    (_, crd) => {
      const silent = Object.entries(specOf(crd).properties ?? {}).filter(([, property]) => !property.description);
      expect(silent.map(([name]) => name)).toEqual([]);
    },
  );

  it.each(resources.map((type) => [`${type.plural}.${type.group}`, type.crd] as const))(
    "%s gives every schema a type, as a structural schema must",
    (_, crd) => {
      const untyped = [...walk(specOf(crd), "spec")].filter(
        ([, schema]) => !schema.type && !schema["x-kubernetes-int-or-string"],
      );
      expect(untyped.map(([path]) => path)).toEqual([]);
    },
  );

  it("shares one schema between both groups of MCPServer, but for the documents' defaults", () => {
    const [dev, stacklok] = [specOf(McpDevMCPServer.crd), specOf(StacklokMCPServer.crd)];
    expect(Object.keys(dev.properties ?? {})).toEqual(Object.keys(stacklok.properties ?? {}));
    expect(dev.properties?.["transport"]?.default).toBe("streamable-http");
    expect(stacklok.properties?.["transport"]?.default).toBe("stdio");
    expect(dev.properties?.["proxy"]?.properties?.["enabled"]?.default).toBeUndefined();
    expect(stacklok.properties?.["proxy"]?.properties?.["enabled"]?.default).toBe(true);
  });

  it("puts no group with a kind MCPServer before mcp.mcp.dev, which `kubectl get mcpserver` must mean", () => {
    const groups = resources.filter(({ kind }) => kind === "MCPServer").map(({ group }) => group);
    expect(groups.toSorted()[0]).toBe("mcp.mcp.dev");
  });

  it.each([
    [McpDevMCPServer, ["Phase", "Ready", "Reason", "Replicas", "Available", "URL", "Age"]],
    [ToolConfig, ["Valid", "Reason", "Servers", "Age"]],
    [WebApp, ["Phase", "Replicas", "Available", "Age"]],
  ])("shows the columns that a person looks for, case %#", ({ crd }, columns) => {
    const shown = crd.spec.versions[0]?.additionalPrinterColumns?.filter(({ priority = 0 }) => priority === 0);
    expect(shown?.map(({ name }) => name)).toEqual(columns);
  });

  it("needs an image of every workload", () => {
    for (const { crd } of [McpDevMCPServer, StacklokMCPServer, WebApp]) expect(specOf(crd).required).toContain("image");
  });

  it("uses no short name twice", () => {
    const names = resources.flatMap(({ crd }) => crd.spec.names.shortNames ?? []);
    expect(names).toEqual([...new Set(names)]);
  });
});
