import type { LabelSelector, LabelSelectorRequirement } from "./meta.ts";

type Labels = Readonly<Record<string, string>>;

/** Whether `labels` satisfy `selector`. An empty selector matches everything, an absent one nothing. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (!selector) return false;
  return (
    matchesLabels(selector.matchLabels, labels) &&
    (selector.matchExpressions ?? []).every((r) => holds(r, labels ?? {}))
  );
}

/** Whether `labels` hold every pair of `wanted`: the form that Services select pods by. */
export function matchesLabels(wanted: Labels | undefined, labels: Labels | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels?.[key] === value);
}

function holds({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      throw new Error(`Unknown label selector operator "${operator}": use In, NotIn, Exists or DoesNotExist`);
  }
}

/**
 * Parses the query form of a label selector: `app=web,tier!=cache,env in (a, b),!legacy,owner`.
 *
 * Source: `labels.Parse` of apimachinery.
 * @throws SyntaxError with the part that does not parse.
 */
export function parseSelector(text: string): LabelSelector {
  const requirements = splitRequirements(text).map(parseRequirement);
  return requirements.length === 0 ? {} : { matchExpressions: requirements };
}

/** The query form of a set of labels: `app=web,tier=front`. What `parseSelector` reads back. */
export function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Splits at commas outside parentheses. */
function splitRequirements(text: string): string[] {
  return (text.match(/(?:\([^)]*\)|[^,(])+/g) ?? []).map((part) => part.trim()).filter((part) => part !== "");
}

const name = "[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?";
const setRequirement = new RegExp(`^(?<key>${name})\\s+(?<operator>in|notin)\\s*\\((?<values>[^)]*)\\)$`);
const equalRequirement = new RegExp(`^(?<key>${name})\\s*(?<operator>==|=|!=)\\s*(?<value>(${name})?)$`);
const existsRequirement = new RegExp(`^(?<not>!?)\\s*(?<key>${name})$`);

function parseRequirement(part: string): LabelSelectorRequirement {
  const set = setRequirement.exec(part)?.groups;
  if (set) {
    const values = (set["values"] ?? "").split(",").map((value) => value.trim());
    return { key: set["key"] ?? "", operator: set["operator"] === "in" ? "In" : "NotIn", values };
  }
  const equal = equalRequirement.exec(part)?.groups;
  if (equal) {
    return {
      key: equal["key"] ?? "",
      operator: equal["operator"] === "!=" ? "NotIn" : "In",
      values: [equal["value"] ?? ""],
    };
  }
  const exists = existsRequirement.exec(part)?.groups;
  if (exists) return { key: exists["key"] ?? "", operator: exists["not"] ? "DoesNotExist" : "Exists" };
  throw new SyntaxError(
    `Cannot parse label selector: "${part}" is not a requirement such as "app=web" or "tier in (a,b)"`,
  );
}
