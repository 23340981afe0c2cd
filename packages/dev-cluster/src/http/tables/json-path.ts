import { isFields } from "../../store/api-object.ts";

type Step =
  | { kind: "field"; name: string }
  | { kind: "index"; index: number }
  | { kind: "all" }
  | { kind: "filter"; path: Step[]; operator: string; value: string };

const token =
  /\.?(?:\[\?\(@(?<filterPath>[^=!]+?)\s*(?<operator>==|!=)\s*(?<value>"[^"]*"|'[^']*'|[^)\s]+)\)\]|\['(?<quoted>(?:[^'\\]|\\.)*)'\]|\[(?<index>-?\d+)\]|\[\*\]|\*|(?<name>(?:[^.[\]\\]|\\.)+))/y;

const parsed = new Map<string, Step[] | undefined>();

/**
 * The values that a simple JSONPath of a printer column finds: `.a.b`, `[0]`, `[*]`, `['a.b']`, `[?(@.type=="Ready")]`.
 * A path that does not parse finds nothing.
 */
export function evaluateJsonPath(path: string, root: unknown): unknown[] {
  if (!parsed.has(path)) parsed.set(path, parse(path));
  const steps = parsed.get(path);
  return steps ? walk([root], steps) : [];
}

function parse(path: string): Step[] | undefined {
  const text = path.replace(/^\{|\}$/g, "").replace(/^\$/, "");
  const steps: Step[] = [];
  token.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) return undefined;
    at = token.lastIndex;
    steps.push(stepOf(match[0], match.groups ?? {}));
  }
  return steps;
}

function stepOf(text: string, groups: Record<string, string | undefined>): Step {
  const { filterPath, operator = "", value = "", quoted, index, name } = groups;
  if (filterPath !== undefined)
    return { kind: "filter", path: parse(filterPath) ?? [], operator, value: value.replace(/^["']|["']$/g, "") };
  if (quoted !== undefined) return { kind: "field", name: quoted.replace(/\\(.)/g, "$1") };
  if (index !== undefined) return { kind: "index", index: Number(index) };
  if (text.includes("*") && name === undefined) return { kind: "all" };
  return { kind: "field", name: (name ?? "").replace(/\\(.)/g, "$1") };
}

function walk(values: readonly unknown[], steps: readonly Step[]): unknown[] {
  return steps.reduce<unknown[]>((current, step) => current.flatMap((value) => take(value, step)), [...values]);
}

function take(value: unknown, step: Step): unknown[] {
  if (step.kind === "field") return isFields(value) && value[step.name] !== undefined ? [value[step.name]] : [];
  if (step.kind === "index")
    return Array.isArray(value) && value.at(step.index) !== undefined ? [value.at(step.index)] : [];
  const items = Array.isArray(value) ? value : isFields(value) ? Object.values(value) : [];
  if (step.kind === "all") return items;
  return items.filter((item) => {
    const found = walk([item], step.path).some((candidate) => String(candidate) === step.value);
    return step.operator === "==" ? found : !found;
  });
}
