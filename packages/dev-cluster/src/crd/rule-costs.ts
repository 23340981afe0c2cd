import { celAst } from "../schema/cel.ts";
import type { JsonSchema } from "../schema/type-schema.ts";
import type { FieldError } from "../status/api-error.ts";
import { forbiddenField } from "../status/field-errors.ts";
import { expressionCost } from "./expression-cost.ts";
import { maxChildren, maxOccurrences, unlimited, valuesOf } from "./schema-size.ts";

const ruleLimit = 10_000_000;
const totalLimit = 100_000_000;
/** Rules below this share of the limit are not named when all of them together cost too much. */
const namedCost = totalLimit / 100;
const mostNamed = 4;

interface RuleCost {
  readonly path: string;
  readonly cost: number;
}

/**
 * Refuses rules that could cost too much for one object, and schemas whose rules could all together.
 * Source: `ValidateCustomResourceDefinitionOpenAPISchema` of apiextensions-apiserver.
 */
export function ruleCostErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const costs: RuleCost[] = [];
  visit(wholeObject(schema), { path, occurrences: 1, errors, costs });
  const total = Math.min(
    costs.reduce((sum, { cost }) => sum + cost, 0),
    unlimited,
  );
  if (total <= totalLimit) return errors;
  const named = costs.filter(({ cost }) => cost >= namedCost).sort((left, right) => right.cost - left.cost);
  const share = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
  errors.push(...named.slice(0, mostNamed).map((rule) => forbiddenField(rule.path, share)));
  const head = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
  errors.push(forbiddenField(path, tooExpensive(head, total, totalLimit)));
  return errors;
}

const text: JsonSchema = { type: "string" };

/** What rules see of a whole object although its schema does not say it. Source: `WithTypeAndObjectMeta`. */
function wholeObject(schema: JsonSchema): JsonSchema {
  const metadata: JsonSchema = { type: "object", properties: { name: text, generateName: text } };
  return { ...schema, properties: { ...schema.properties, apiVersion: text, kind: text, metadata } };
}

interface Place {
  readonly path: string;
  /** How often the schema's value can be in an object; undefined where a list or map above it has no bound. */
  readonly occurrences: number | undefined;
  readonly errors: FieldError[];
  readonly costs: RuleCost[];
}

function visit(schema: JsonSchema, place: Place): void {
  const { path, occurrences, errors, costs } = place;
  for (const [index, { rule, messageExpression }] of (schema["x-kubernetes-validations"] ?? []).entries()) {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    const cost = costOf(rule, schema) * (occurrences ?? maxOccurrences(schema));
    if (cost > ruleLimit)
      errors.push(forbiddenField(`${at}.rule`, tooExpensive("estimated rule cost", cost, ruleLimit)));
    costs.push({ path: `${at}.rule`, cost });
    const messageCost = messageExpression === undefined ? 0 : costOf(messageExpression, schema);
    if (messageCost <= ruleLimit) continue;
    const text = tooExpensive("estimated messageExpression cost", messageCost, ruleLimit);
    errors.push(forbiddenField(`${at}.messageExpression`, text));
  }
  const children = maxChildren(schema);
  const below = occurrences === undefined || children === undefined ? undefined : occurrences * children;
  const descend = (child: JsonSchema, step: string) =>
    visit(child["x-kubernetes-embedded-resource"] ? wholeObject(child) : child, {
      ...place,
      path: `${path}.${step}`,
      occurrences: below,
    });
  for (const [name, field] of Object.entries(schema.properties ?? {})) descend(field, `properties[${name}]`);
  const values = valuesOf(schema);
  if (values) descend(values, "additionalProperties");
  if (schema.items) descend(schema.items, "items");
}

/** An expression that does not compile is refused for that. */
function costOf(expression: string, schema: JsonSchema): number {
  const ast = celAst(expression);
  return ast ? expressionCost(ast, schema) : 0;
}

function tooExpensive(what: string, cost: number, limit: number): string {
  const times = cost / limit;
  const factor = times > 100 ? "more than 100x" : times < 1.5 ? `${times.toFixed(6)}x` : `${times.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
