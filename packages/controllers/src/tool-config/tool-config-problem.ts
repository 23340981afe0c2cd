import type { ToolConfig } from "@moorage/resources";

/** What is wrong with a ToolConfig, as a condition says it. */
export interface ToolConfigProblem {
  /** A stable CamelCase word. */
  reason: string;
  /** Names the field, its value and the fix. */
  message: string;
}

type Spec = ToolConfig["spec"];

/**
 * The first reason why MCPServers must not use a ToolConfig of this `spec`; `undefined` when they may.
 *
 * After renaming, every tool that `spec` knows of (those that it lets through and those that it overrides) has to have
 * a name of its own, for else a client's call could mean either of two tools. That holds also for tools that the filter
 * keeps from clients: an edit of the filter must not change which tool a name means.
 */
export function toolConfigProblem(spec: Spec): ToolConfigProblem | undefined {
  return blankEntry(spec) ?? duplicateEntry(spec) ?? blankOverride(spec) ?? collision(spec);
}

/** What is allowed and has no effect; `undefined` when there is no such thing. */
export function toolConfigWarning({ filter = [], override = {} }: Spec): ToolConfigProblem | undefined {
  const unseen = filter.length > 0 ? Object.keys(override).find((tool) => !filter.includes(tool)) : undefined;
  if (unseen !== undefined) {
    return withoutEffect(
      `${fieldOf(unseen)} has no effect, because spec.filter keeps "${unseen}" from clients: add it to spec.filter, or remove the override`,
    );
  }
  const empty = Object.entries(override).find(([, { name, description }]) => !name && description === undefined);
  return empty && withoutEffect(`${fieldOf(empty[0])} changes nothing: give it a name or a description, or remove it`);
}

function withoutEffect(message: string): ToolConfigProblem {
  return { reason: "OverrideWithoutEffect", message };
}

function blankEntry({ filter = [] }: Spec): ToolConfigProblem | undefined {
  const index = filter.findIndex((tool) => tool.trim() === "");
  if (index < 0) return undefined;
  return {
    reason: "EmptyFilterEntry",
    message: `spec.filter[${index}] is "${filter[index]}", which names no tool: give the name of a tool, or remove the entry`,
  };
}

function duplicateEntry({ filter = [] }: Spec): ToolConfigProblem | undefined {
  const index = filter.findIndex((tool, position) => filter.indexOf(tool) < position);
  const tool = filter[index];
  if (tool === undefined) return undefined;
  return {
    reason: "DuplicateFilterEntry",
    message: `spec.filter[${index}] is "${tool}", which spec.filter[${filter.indexOf(tool)}] is too: remove one of them`,
  };
}

function blankOverride({ override = {} }: Spec): ToolConfigProblem | undefined {
  for (const [tool, { name }] of Object.entries(override)) {
    if (tool.trim() === "") {
      return {
        reason: "EmptyOverrideKey",
        message: `${fieldOf(tool)} names no tool: use the server's own name of a tool as the key, or remove the override`,
      };
    }
    if (name !== undefined && name.trim() === "") {
      return {
        reason: "EmptyOverrideName",
        message: `${fieldOf(tool)}.name is "${name}": give the name that clients shall see, or remove it`,
      };
    }
  }
  return undefined;
}

function collision({ filter = [], override = {} }: Spec): ToolConfigProblem | undefined {
  const names = new Map(filter.map((tool) => [tool, tool]));
  for (const [tool, { name = tool }] of Object.entries(override)) names.set(tool, name);
  const bearers = new Map<string, string>();
  for (const [tool, name] of names) {
    const other = bearers.get(name);
    // One of the two was renamed to it, and the message blames that one.
    if (other !== undefined) return tool === name ? ambiguous(name, other, tool) : ambiguous(name, tool, other);
    bearers.set(name, tool);
  }
  return undefined;
}

function ambiguous(name: string, renamed: string, rival: string): ToolConfigProblem {
  const taken =
    rival === name
      ? `which is the name of another tool: choose another name, or rename "${rival}" as well`
      : `which ${fieldOf(rival)}.name is too: give each tool a name of its own`;
  return { reason: "NameCollision", message: `${fieldOf(renamed)}.name is "${name}", ${taken}` };
}

function fieldOf(tool: string): string {
  return `spec.override["${tool}"]`;
}
