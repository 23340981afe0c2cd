import type { ToolConfig } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { toolConfigProblem, toolConfigWarning } from "./tool-config-problem.ts";

type Spec = ToolConfig["spec"];

describe("toolConfigProblem()", () => {
  it.each<[string, Spec]>([
    ["nothing: every tool is shown as it is", {}],
    ["an empty filter: every tool is shown", { filter: [] }],
    ["document S2's sample", { filter: ["tool-a", "tool-b"], override: { "tool-a": { name: "renamed-tool" } } }],
    ["an override of a tool that the filter hides", { filter: ["a"], override: { b: { description: "B" } } }],
    ["two tools that swap their names", { override: { a: { name: "b" }, b: { name: "a" } } }],
    [
      "a name that its former bearer has given up",
      { filter: ["a", "b"], override: { a: { name: "b" }, b: { name: "c" } } },
    ],
    ["a new name that is the old one", { filter: ["a"], override: { a: { name: "a" } } }],
    [
      "a name that an object has anyway",
      { filter: ["valueOf"], override: { constructor: { name: "x" }, a: { name: "toString" } } },
    ],
  ])("finds nothing wrong with %s", (_, spec) => {
    expect(toolConfigProblem(spec)).toBeUndefined();
  });

  it.each<[Spec, string, string]>([
    [
      { filter: ["a", " "] },
      "EmptyFilterEntry",
      'spec.filter[1] is " ", which names no tool: give the name of a tool, or remove the entry',
    ],
    [
      { filter: ["a", "b", "a"] },
      "DuplicateFilterEntry",
      'spec.filter[2] is "a", which spec.filter[0] is too: remove one of them',
    ],
    [
      { override: { "": { name: "x" } } },
      "EmptyOverrideKey",
      'spec.override[""] names no tool: use the server\'s own name of a tool as the key, or remove the override',
    ],
    [
      { override: { a: { name: "  " } } },
      "EmptyOverrideName",
      'spec.override["a"].name is "  ": give the name that clients shall see, or remove it',
    ],
    [
      { override: { a: { name: "x" }, b: { name: "x" } } },
      "NameCollision",
      'spec.override["b"].name is "x", which spec.override["a"].name is too: give each tool a name of its own',
    ],
    [
      { filter: ["a", "b"], override: { a: { name: "b" } } },
      "NameCollision",
      'spec.override["a"].name is "b", which is the name of another tool: choose another name, or rename "b" as well',
    ],
    [
      { filter: ["a"], override: { a: { name: "b" }, b: { description: "hidden" } } },
      "NameCollision",
      'spec.override["a"].name is "b", which is the name of another tool: choose another name, or rename "b" as well',
    ],
    [
      { filter: ["c"], override: { b: { name: "c" } } },
      "NameCollision",
      'spec.override["b"].name is "c", which is the name of another tool: choose another name, or rename "c" as well',
    ],
  ])("finds in %j that %s", (spec, reason, message) => {
    expect(toolConfigProblem(spec)).toEqual({ reason, message });
  });
});

describe("toolConfigWarning()", () => {
  it.each<[Spec, string | undefined]>([
    [{}, undefined],
    [{ override: { a: { name: "b" } } }, undefined],
    [{ override: { a: { description: "" } } }, undefined],
    [
      { filter: ["a"], override: { a: { name: "x" }, b: { name: "y" } } },
      'spec.override["b"] has no effect, because spec.filter keeps "b" from clients: add it to spec.filter, or remove the override',
    ],
    [{ override: { a: {} } }, 'spec.override["a"] changes nothing: give it a name or a description, or remove it'],
  ])("says of %j: %s", (spec, message) => {
    expect(toolConfigWarning(spec)).toEqual(message && { reason: "OverrideWithoutEffect", message });
  });
});
