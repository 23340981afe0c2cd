import { fieldOf } from "../field-of.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, remove } from "../step.ts";
import { definitions, ownKind } from "./own-kind.ts";

const text = { type: "string" };
const short = { ...text, maxLength: 10 };
const list = (items: object, more: object = {}) => ({ type: "array", items, ...more });
const map = (values: object, more: object = {}) => ({ type: "object", additionalProperties: values, ...more });
const struct = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });
const ruled = (schema: object, rule: string, more: object = {}) => ({
  ...schema,
  "x-kubernetes-validations": [{ rule, ...more }],
});

/** Fields of `spec`: what each shape costs is estimated from its bounds. */
const cases: Readonly<Record<string, object>> = {
  "a text without a bound": ruled(text, "self.startsWith('x')"),
  "two texts without a bound": ruled(struct({ a: text, b: text }), "self.a == self.b"),
  "a text within a text": ruled(struct({ a: text, b: text }), "self.a.contains(self.b)"),
  "a pattern on a text without a bound": ruled(text, "self.matches('^[a-z]+$')"),
  "a pattern on a short text": ruled(short, "self.matches('^[a-z]+$')"),
  "a long pattern on a text without a bound": ruled(text, `self.matches('${"a".repeat(200)}')`),
  "a list without a bound": ruled(list(text), "self.all(x, x != 'y')"),
  "a list with a bound": ruled(list(short, { maxItems: 10 }), "self.all(x, x != 'y')"),
  "a list within a list": ruled(list(list(text)), "self.all(x, x.all(y, y != 'z'))"),
  "a list against itself": ruled(list(short, { maxItems: 1000 }), "self.all(x, self.exists_one(y, x == y))"),
  "a larger list against itself": ruled(list(short, { maxItems: 4000 }), "self.all(x, self.exists_one(y, x == y))"),
  "a list of numbers without a bound": ruled(list({ type: "integer" }), "self.all(x, x > 0)"),
  "a map without a bound": ruled(map(text), "self.all(k, self[k] != 'x')"),
  "a map with a bound": ruled(map(short, { maxProperties: 5 }), "self.all(k, self[k] != 'x')"),
  "a rule on the items of a list without a bound": list(ruled(struct({ a: text }), "self.a != 'x'")),
  "a rule on numbers in a list without a bound": list(ruled(struct({ a: { type: "integer" } }), "self.a > 0")),
  "a rule on the items of a list with a bound": list(ruled(struct({ a: short }), "self.a != 'x'"), { maxItems: 100 }),
  "a rule on the values of a map without a bound": map(ruled(text, "self != 'x'")),
  "a rule in three lists without a bound": list(list(list(ruled(struct({ a: text }), "self.a.startsWith('x')")))),
  "a filter": ruled(list(text), "self.filter(x, x == 'y').size() < 3"),
  "a map of items": ruled(list(short, { maxItems: 500 }), "self.map(x, x + 'y').size() < 3"),
  "a concatenation": ruled(struct({ a: text, b: text }), "(self.a + self.b) == 'x'"),
  "a choice": ruled(struct({ a: text, b: short }), "self.b == 'x' ? self.a.matches('[a-z]+') : true"),
  "a test for fields": ruled(struct({ a: text }), "!has(self.a) || self.a.size() > 3"),
  "one of a list": ruled(struct({ a: text, b: list(text) }), "self.a in self.b"),
  "one of a list of words": ruled(text, "self in ['a', 'b', 'c']"),
  "one of an enumeration": ruled(struct({ a: { ...text, enum: ["abc", "d"] } }), "self.a.matches('^[a-z]+$')"),
  "a change": ruled(text, "self == oldSelf"),
  "a time": ruled(struct({ a: { ...text, format: "date-time" } }), "self.a > timestamp('2020-01-01T00:00:00Z')"),
  "a message that is made": ruled(short, "self == 'x'", { messageExpression: "'not ' + self" }),
  "a message of a text without a bound": ruled(text, "true", { messageExpression: "self.replace('a', 'b')" }),
  "texts in small letters": ruled(list(text), "self.all(x, x.lowerAscii() == x)"),
  "items with required fields": ruled(
    list(struct({ name: short, value: text }, { required: ["name", "value"] })),
    "self.all(x, self.exists(y, x.name == y.name))",
  ),
  quantities: ruled(struct({ a: text, b: text }), "quantity(self.a) == quantity(self.b)"),
  "addresses in a list": ruled(list(text), "self.all(x, ip(x).family() == 4)"),
  "sets without bounds": ruled(struct({ a: list(text), b: list(text) }), "sets.contains(self.a, self.b)"),
  "sets with bounds": ruled(
    struct({ a: list(short, { maxItems: 10 }), b: list(short, { maxItems: 10 }) }),
    "sets.intersects(self.a, self.b)",
  ),
  "a set of words": ruled(list(short, { maxItems: 10 }), "sets.contains(['a', 'b'], self)"),
  "a sorted list without a bound": ruled(list(text), "self.isSorted()"),
  "a formatted text": ruled(struct({ a: text }), "'%s!'.format([self.a]) != 'x!'"),
  "keys that are in another list": ruled(
    struct({ a: list(short, { maxItems: 300 }), b: list(short, { maxItems: 300 }) }),
    "self.a.all(x, x in self.b)",
  ),
};

/** So many rules of two texts without bounds, beside some whose patterns of these lengths cost more than the others. */
const many = (count: number, patterns: readonly number[]): object => {
  const pair = struct({ a: text, b: text });
  const equal = Array.from({ length: count }, (_, index) => [
    `f${index}`,
    ruled(pair, "self.a == self.b && self.a == self.b"),
  ]);
  const matching = patterns.map((length) => [`p${length}`, ruled(pair, `self.a.matches('${"a".repeat(length)}')`)]);
  return struct(Object.fromEntries([...equal, ...matching]));
};

const definition = (spec: object): object =>
  ownKind([
    {
      name: "v1",
      served: true,
      storage: true,
      schema: {
        openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { field: spec } } } },
      },
    },
  ]);

/** Rules that may cost too much for one object: which definitions are refused, and by which factor. */
export const ruleCostScenarios: readonly Scenario[] = [
  ...Object.entries(cases),
  ["many rules, of which none is too expensive", many(100, [124])] as const,
  ["rules that are too expensive together", many(120, [124, 120, 116, 112])] as const,
].map(([name, spec]) => ({
  name: `costs of rules: ${name}`,
  steps: async (stage: Stage) => {
    const { code, body } = await stage.send(create(`${definitions}?dryRun=All`, definition(spec)));
    return code === 201
      ? code
      : { code, message: fieldOf(body, "message"), causes: fieldOf(body, "details", "causes") };
  },
  tearDown: [remove(`${definitions}/things.{ns}.example.com`)],
}));
