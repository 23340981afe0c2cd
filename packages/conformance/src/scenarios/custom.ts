import type { Scenario } from "../scenario.ts";
import { create, patch, read, remove, replace, type Step } from "../step.ts";
import { definitions, ownKind } from "./own-kind.ts";

const text = { type: "string" };
const schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["name"],
      "x-kubernetes-validations": [
        { rule: "!has(self.min) || !has(self.max) || self.min <= self.max", message: "min must not exceed max" },
      ],
      properties: {
        name: { ...text, minLength: 2, maxLength: 5 },
        replicas: { type: "integer", minimum: 0, maximum: 10, default: 1 },
        min: { type: "integer" },
        max: { type: "integer" },
        mode: { ...text, enum: ["a", "b"], default: "a" },
        fixed: {
          ...text,
          maxLength: 9,
          "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "is immutable" }],
        },
        set: { type: "array", "x-kubernetes-list-type": "set", items: text },
        items: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["key"],
          items: { type: "object", required: ["key"], properties: { key: text, value: { ...text, default: "x" } } },
        },
        atomic: {
          type: "array",
          items: { type: "object", properties: { key: text, value: { ...text, default: "x" } } },
        },
        any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        nested: { type: "object", default: {}, properties: { a: { type: "integer", default: 7 } } },
      },
    },
    status: { type: "object", properties: { phase: text, replicas: { type: "integer" } } },
  },
};

/** A kind in a group of the scenario's own, served before the first step. */
const definition: Step[] = [
  create(
    definitions,
    ownKind([
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Mode", type: "string", jsonPath: ".spec.mode", description: "How it works" },
        ],
        schema: { openAPIV3Schema: schema },
      },
    ]),
  ),
  { method: "GET", path: "/apis/{ns}.example.com/v1/namespaces/{ns}/things", until: 200 },
];

const path = "/apis/{ns}.example.com/v1/namespaces/{ns}/things";
const one = `${path}/a`;
const thing = (spec: object, more: object = {}): object => ({
  apiVersion: "{ns}.example.com/v1",
  kind: "Thing",
  metadata: { name: "a" },
  spec: { name: "abc", ...spec },
  ...more,
});
const made = create(path, thing({}));
const apply = (manager: string, body: object): Step => patch("apply", `${one}?fieldManager=${manager}`, body);

const cases: [name: string, ...steps: Step[]][] = [
  ["defaults", create(path, thing({ items: [{ key: "a" }] }))],
  ["pruning", create(path, thing({ foo: 1, any: { x: [1] }, nested: { b: 2 } }))],
  ["unknown fields, strictly", create(`${path}?fieldValidation=Strict`, thing({ foo: 1 }))],
  ["a wrong type", create(path, thing({ replicas: "x" }))],
  // One fault each: the real server goes through fields in the order of a Go map, which is different every time.
  ["a text that is too long", create(path, thing({ name: "toolong" }))],
  ["a number out of bounds", create(path, thing({ replicas: 11 }))],
  ["an unknown value", create(path, thing({ mode: "z" }))],
  ["a missing field", create(path, { ...thing({}), spec: {} })],
  ["a null", create(path, thing({ mode: null }))],
  ["a duplicate", create(path, thing({ items: [{ key: "a" }, { key: "a" }] }))],
  ["a rule", create(path, thing({ min: 2, max: 1 }))],
  // Of the faults in a schema, only those that a rule could stumble over keep the rules from being checked.
  ["a rule beside a number out of bounds", create(path, thing({ replicas: 11, min: 2, max: 1 }))],
  ["a rule beside a short text", create(path, thing({ name: "a", min: 2, max: 1 }))],
  ["a rule beside a long text", create(path, thing({ name: "toolong", min: 2, max: 1 }))],
  ["a rule beside an unknown value", create(path, thing({ mode: "z", min: 2, max: 1 }))],
  ["a rule beside a duplicate", create(path, thing({ set: ["a", "a"], min: 2, max: 1 }))],
  ["a rule about change", create(path, thing({ fixed: "x" })), patch("merge", one, { spec: { fixed: "y" } })],
  ["another kind", create(path, { ...thing({}), kind: "Other" })],
  ["no kind", create(path, { metadata: { name: "a" } })],
  ["an update without a version", made, replace(one, thing({}))],
  ["a strategic merge", made, patch("strategic", one, { spec: { replicas: 2 } })],
  [
    "status and spec",
    made,
    patch("merge", `${one}/status`, { spec: { replicas: 3 }, status: { phase: "Ready" } }),
    patch("merge", one, { spec: { replicas: 3 }, status: { phase: "X" } }),
  ],
  [
    "generations",
    made,
    patch("merge", one, { metadata: { labels: { a: "b" } } }),
    patch("merge", one, { spec: { replicas: 2 } }),
  ],
  ["apply and give up", apply("x", thing({ replicas: 2, mode: "b" })), apply("x", thing({ mode: "b" }))],
  [
    "apply with items of two",
    apply("x", thing({ items: [{ key: "a" }] })),
    apply("y", thing({ items: [{ key: "b", value: "1" }] })),
  ],
  ["a conflict", apply("x", thing({ replicas: 2 })), apply("y", thing({ replicas: 3 }))],
  [
    "an apply that leaves out a default in an atomic list of another",
    create(`${path}?fieldManager=x`, thing({ atomic: [{ key: "a" }] })),
    apply("y", thing({ atomic: [{ key: "a" }] })),
    apply("y", thing({ atomic: [{ key: "a", value: "x" }] })),
  ],
  [
    "an apply that leaves out a default in an atomic list of its own",
    apply("x", thing({ atomic: [{ key: "a" }] })),
    apply("x", thing({ atomic: [{ key: "a" }] })),
    apply("y", thing({ atomic: [{ key: "a" }] })),
  ],
  ["a table", made, read(path, "application/json;as=Table;v=v1;g=meta.k8s.io")],
  ["a list", made, read(path)],
  ["deletion", made, remove(one), read(one)],
  ["an unknown field selector", read(`${path}?fieldSelector=spec.name%3Da`)],
];

/** Custom kinds, each scenario with a definition of its own. */
export const customScenarios: readonly Scenario[] = [
  ...cases.map(([name, ...steps]) => scenario(name, steps)),
  {
    ...scenario("another version", [create(path, { ...thing({}), apiVersion: "{ns}.example.com/v2" })]),
    differs: "a body of another version is refused without a warning about each of its fields",
  },
];

function scenario(name: string, steps: readonly Step[]): Scenario {
  const tearDown = [remove("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.{ns}.example.com")];
  return { name: `custom kinds: ${name}`, setUp: definition, steps, tearDown };
}
