import type { LabelSelector, LabelSelectorRequirement } from "@moorage/kube-types";
import { type Fields, isFields, isStrings } from "../../store/api-object.ts";

/** A map of strings, or undefined where there is none. */
export function stringMap(value: unknown): Record<string, string> | undefined {
  if (!isFields(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
}

/** A label selector, or undefined where there is none. */
export function labelSelectorOf(value: unknown): LabelSelector | undefined {
  if (!isFields(value)) return undefined;
  const labels = stringMap(value["matchLabels"]);
  const expressions = Array.isArray(value["matchExpressions"]) ? value["matchExpressions"].filter(isFields) : [];
  return {
    ...(labels ? { matchLabels: labels } : {}),
    ...(expressions.length > 0 ? { matchExpressions: expressions.map(requirementOf) } : {}),
  };
}

function requirementOf(expression: Fields): LabelSelectorRequirement {
  const { key, operator, values } = expression;
  return { key: String(key ?? ""), operator: String(operator ?? ""), ...(isStrings(values) ? { values } : {}) };
}
