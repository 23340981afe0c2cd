import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listAt, stringAt, valueAt } from "../store/api-object.ts";
import { TestCluster } from "../testing/test-cluster.ts";

const text = { type: "string" };
const spec = {
  type: "object",
  required: ["name"],
  "x-kubernetes-validations": [
    { rule: "!has(self.min) || !has(self.max) || self.min <= self.max", message: "min must not exceed max" },
    { rule: "self.replicas < 100", message: "too many", fieldPath: ".replicas" },
  ],
  properties: {
    name: { ...text, minLength: 2, maxLength: 5, pattern: "^[a-z]+$" },
    replicas: { type: "integer", minimum: 0, maximum: 1000, default: 1 },
    min: { type: "integer" },
    max: { type: "integer", multipleOf: 2 },
    mode: { ...text, enum: ["a", "b"], default: "a" },
    fixed: { ...text, "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "is immutable" }] },
    list: { type: "array", minItems: 1, maxItems: 2, items: text },
    set: { type: "array", "x-kubernetes-list-type": "set", items: text },
    any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    port: { "x-kubernetes-int-or-string": true },
    labels: { type: "object", additionalProperties: text, maxProperties: 2 },
    nested: { type: "object", default: {}, properties: { a: { type: "integer", default: 7 } } },
    when: { ...text, format: "date-time" },
  },
};
const status = { type: "object", properties: { replicas: { type: "integer" }, phase: text } };
const crd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Thing", plural: "things", shortNames: ["th"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
        },
        additionalPrinterColumns: [{ name: "Phase", type: "string", jsonPath: ".status.phase" }],
        schema: { openAPIV3Schema: { type: "object", required: ["spec"], properties: { spec, status } } },
      },
    ],
  },
};

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const path = "/apis/example.com/v1/namespaces/default/things";
const thing = (name: string, content: object) => ({
  apiVersion: "example.com/v1",
  kind: "Thing",
  metadata: { name },
  spec: content,
});

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
  await cluster.create(crds, crd);
  for await (const { object } of cluster.watch(`${crds}?watch=1`)) {
    if (listAt(object, "status", "conditions").some((condition) => stringAt(condition, "type") === "Established"))
      break;
  }
});
afterAll(() => cluster.stop());

describe("validation of custom objects", () => {
  const unchecked =
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
  // Worded as kube-apiserver 1.36.3 words them.
  it.each([
    [
      { name: "ok", replicas: "x" },
      `[spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string", ${unchecked}]`,
    ],
    [
      { name: "A" },
      `[spec.name: Invalid value: "A": spec.name in body should be at least 2 chars long, spec.name: Invalid value: "A": spec.name in body should match '^[a-z]+$']`,
    ],
    [{ name: "toolong" }, `[spec.name: Too long: may not be more than 5 bytes, ${unchecked}]`],
    [{ name: "ok", mode: "z" }, `[spec.mode: Unsupported value: "z": supported values: "a", "b", ${unchecked}]`],
    [{ name: "ok", max: 3 }, "spec.max: Invalid value: 3: spec.max in body should be a multiple of 2"],
    [
      { name: "ok", replicas: 2000 },
      "[spec.replicas: Invalid value: 2000: spec.replicas in body should be less than or equal to 1000, spec.replicas: Invalid value: too many]",
    ],
    [{ name: "ok", list: [] }, "spec.list: Invalid value: 0: spec.list in body should have at least 1 items"],
    [{ name: "ok", list: ["a", "b", "c"] }, `[spec.list: Too many: 3: must have at most 2 items, ${unchecked}]`],
    [{ name: "ok", set: ["a", "a"] }, 'spec.set[1]: Duplicate value: "a"'],
    [
      { name: "ok", port: true },
      `[spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean", ${unchecked}]`,
    ],
    [
      { name: "ok", labels: { a: "1", b: "2", c: "3" } },
      `[spec.labels: Too many: 3: must have at most 2 items, ${unchecked}]`,
    ],
    [
      { name: "ok", when: "z" },
      `[spec.when: Invalid value: "z": spec.when in body must be of type date-time: "z", ${unchecked}]`,
    ],
    [{ name: null }, `[spec.name: Required value, ${unchecked}]`],
    [{ name: "ok", min: 5, max: 2 }, "spec: Invalid value: min must not exceed max"],
    [{ name: "ok", replicas: 500 }, "spec.replicas: Invalid value: too many"],
  ])("refuses %j", async (content, message) => {
    const { code, body } = await cluster.create(path, thing("x", content));
    expect(code).toBe(422);
    expect(body["message"]).toBe(`Thing.example.com "x" is invalid: ${message}`);
  });

  it("holds rules about the change of a value", async () => {
    await cluster.create(path, thing("fixed", { name: "ab", fixed: "x" }));
    const { body } = await cluster.patch(`${path}/fixed`, { spec: { fixed: "y" } }, "application/merge-patch+json");
    expect(body["message"]).toBe('Thing.example.com "fixed" is invalid: spec.fixed: Invalid value: "y": is immutable');
  });
});

describe("custom objects", () => {
  it("are pruned and defaulted, free parts aside", async () => {
    const { body } = await cluster.create(
      path,
      thing("pruned", { name: "ab", foo: 1, any: { x: [1] }, nested: { zz: 1 } }),
    );
    expect(body["spec"]).toEqual({ name: "ab", any: { x: [1] }, mode: "a", replicas: 1, nested: { a: 7 } });
  });

  it("report unknown fields when asked to be strict", async () => {
    const { body } = await cluster.create(
      `${path}?fieldValidation=Strict`,
      thing("s", { name: "ab", foo: 1, nested: { zz: 1 } }),
    );
    expect(body["message"]).toBe(
      'Thing in version "v1" cannot be handled as a Thing: strict decoding error: unknown field "spec.foo", unknown field "spec.nested.zz"',
    );
  });

  it("keep spec and status apart, and count generations of the spec", async () => {
    await cluster.create(path, { ...thing("split", { name: "ab" }), status: { phase: "Faked" } });
    const merge = "application/merge-patch+json";
    const status = await cluster.patch(
      `${path}/split/status`,
      { status: { phase: "Ready" }, spec: { name: "zz" } },
      merge,
    );
    expect(status.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { name: "ab" },
      status: { phase: "Ready" },
    });
    const changed = await cluster.patch(`${path}/split`, { spec: { name: "cd" }, status: { phase: "Faked" } }, merge);
    expect(changed.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { name: "cd" },
      status: { phase: "Ready" },
    });
  });

  it("show their printer columns", async () => {
    const { body } = await cluster.get(path, { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } });
    expect(listAt(body, "columnDefinitions").map((column) => valueAt(column, "name"))).toEqual(["Name", "Phase"]);
  });

  it("are applied server-side, with their owner's fields", async () => {
    const { code, body } = await cluster.apply(`${path}/applied`, thing("applied", { name: "ab" }));
    expect(code).toBe(201);
    expect(valueAt(body, "metadata", "managedFields")).toMatchObject([
      { manager: "test", operation: "Apply", fieldsV1: { "f:spec": { "f:name": {} } } },
    ]);
  });

  it("are described by OpenAPI", async () => {
    const { body } = await cluster.get("/openapi/v3/apis/example.com/v1");
    expect(
      valueAt(
        body,
        "components",
        "schemas",
        "com.example.v1.Thing",
        "properties",
        "spec",
        "properties",
        "mode",
        "default",
      ),
    ).toBe("a");
  });

  it("go with their definition, which goes last", async () => {
    const version = stringAt((await cluster.get(crds)).body, "metadata", "resourceVersion");
    const deleted = (async () => {
      for await (const { type } of cluster.watch(`${crds}?watch=1&resourceVersion=${version}`))
        if (type === "DELETED") return type;
      return "never";
    })();
    await cluster.request("DELETE", `${crds}/things.example.com`);
    expect(await deleted).toBe("DELETED");
    expect((await cluster.get(path)).code).toBe(404);
    await cluster.create(crds, crd);
  });
});
