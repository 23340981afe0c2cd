import { fieldOf, listOf } from "../field-of.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, remove, type Step, type StepAnswer } from "../step.ts";
import type { WebhookAnswer } from "../webhook-server.ts";
import { definitions, ownKind } from "./own-kind.ts";

const things = (version: string): string => `/apis/{ns}.example.com/${version}/namespaces/{ns}/things`;
const schema = {
  openAPIV3Schema: {
    type: "object",
    properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  },
};
const versions = [
  { name: "v1", served: true, storage: true, schema },
  { name: "v2", served: true, storage: false, schema, deprecated: true },
];

async function define(stage: Stage, conversion?: object): Promise<void> {
  await stage.send(create(definitions, ownKind(versions, conversion && { conversion })));
  for (const version of ["v1", "v2"]) await stage.send({ ...read(things(version)), until: 200 });
}

const thing = (version: string, name = "a"): Step =>
  create(things(version), {
    apiVersion: `{ns}.example.com/${version}`,
    kind: "Thing",
    metadata: { name },
    spec: { size: 1 },
  });

/** Says in each object which version it was converted to. */
const mark: WebhookAnswer = (request) => ({
  convertedObjects: listOf(request, "objects").map((object) => ({
    ...Object(object),
    apiVersion: request["desiredAPIVersion"],
    spec: { ...Object(fieldOf(object, "spec")), convertedTo: request["desiredAPIVersion"] },
  })),
  result: { status: "Success" },
});

/** Version 2 calls `spec.size` `spec.extent`. */
const rename: WebhookAnswer = (request) => ({
  convertedObjects: listOf(request, "objects").map((object) => {
    const { size, extent, ...spec } = Object(fieldOf(object, "spec"));
    const isNew = String(request["desiredAPIVersion"]).endsWith("/v2");
    const value = size ?? extent;
    const renamed = { ...spec, [isNew ? "extent" : "size"]: value };
    return { ...Object(object), apiVersion: request["desiredAPIVersion"], spec: renamed };
  }),
  result: { status: "Success" },
});

const apply = (version: string, manager: string, spec: object): Step =>
  patch("apply", `${things(version)}/a?fieldManager=${manager}`, {
    apiVersion: `{ns}.example.com/${version}`,
    kind: "Thing",
    metadata: { name: "a" },
    spec,
  });

const steps: readonly Step[] = [
  thing("v1"),
  read(`${things("v2")}/a`),
  thing("v2", "b"),
  read(`${things("v1")}/b`),
  read(things("v2")),
  patch("merge", `${things("v2")}/a`, { spec: { size: 2 } }),
  patch("apply", `${things("v2")}/a?fieldManager=x`, {
    apiVersion: "{ns}.example.com/v2",
    kind: "Thing",
    metadata: { name: "a" },
    spec: { other: 1 },
  }),
  read(`${things("v1")}/a`),
  remove(`${things("v2")}/b`),
];

/** What was stored as v1, read once v2 has become the version that is stored. */
async function moveStorage(stage: Stage, isMoved: Step["until"]): Promise<StepAnswer[]> {
  await stage.send(thing("v1"));
  const moved = versions.map((version) => ({ ...version, storage: version.name === "v2" }));
  await stage.send(patch("merge", `${definitions}/things.{ns}.example.com`, { spec: { versions: moved } }));
  const dryRun = thing("v2", "b");
  await stage.send({ ...dryRun, path: `${dryRun.path}?dryRun=All`, until: isMoved });
  return stage.sendAll([
    // A real server refuses lists until its watch cache is filled anew.
    { ...read(things("v2")), until: 200 },
    read(`${things("v2")}/a`),
    { ...read(things("v1")), until: 200 },
    patch("merge", `${things("v2")}/a`, { spec: { size: 2 } }),
    read(things("v1")),
    read(things("v2")),
  ]);
}
const tearDown = [remove(`${definitions}/things.{ns}.example.com`)];

/** Custom kinds of several versions. */
export const conversionScenarios: readonly Scenario[] = [
  {
    name: "versions of a custom kind: renamed",
    steps: async (stage) => {
      await define(stage);
      return stage.sendAll(steps);
    },
    tearDown,
  },
  {
    name: "versions of a custom kind: watched in another version",
    steps: async (stage) => {
      await define(stage);
      await stage.send(thing("v1"));
      const [first] = await stage
        .watch(`${things("v2")}?watch=1&timeoutSeconds=30`)
        .until((events) => events.length > 0);
      return first;
    },
    tearDown,
  },
  {
    name: "versions of a custom kind: converted by a webhook",
    steps: async (stage) => {
      await defineConverted(stage, mark);
      return stage.sendAll(steps);
    },
    tearDown,
  },
  {
    name: "versions of a custom kind: renamed, and stored in another version than before",
    steps: async (stage) => {
      await define(stage);
      return moveStorage(stage, 201);
    },
    tearDown,
  },
  {
    name: "versions of a custom kind: converted by a webhook, and stored in another version than before",
    steps: async (stage) => {
      await defineConverted(stage, mark);
      return moveStorage(stage, ({ body }) => fieldOf(body, "spec", "convertedTo") === undefined);
    },
    tearDown,
  },
  {
    name: "versions of a custom kind: converted and watched",
    steps: async (stage) => {
      await defineConverted(stage, mark);
      const watch = await stage.watchFromNow(things("v2"));
      await stage.sendAll([
        thing("v1"),
        patch("merge", `${things("v1")}/a`, { spec: { size: 2 } }),
        remove(`${things("v1")}/a`),
      ]);
      const events = await watch.until((all) => all.length >= 3);
      return events.map(({ type, object }) => ({
        type,
        spec: fieldOf(object, "spec"),
        version: fieldOf(object, "apiVersion"),
      }));
    },
    tearDown,
  },
  {
    name: "versions of a custom kind: converted, selected, as a table and deleted together",
    steps: async (stage) => {
      await defineConverted(stage, mark);
      await stage.sendAll([thing("v1"), thing("v2", "b")]);
      const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
      const { body } = await stage.send(read(things("v2"), table));
      const cells = listOf(body, "rows").map((row) => fieldOf(row, "cells", "0"));
      return [
        cells,
        ...(await stage.sendAll([read(`${things("v2")}?limit=1`), remove(things("v2")), read(things("v1"))])),
      ];
    },
    tearDown,
  },
  {
    name: "versions of a custom kind: converted and applied through both",
    differs: "who owns a field is compared by its path, whatever version it was applied through",
    steps: async (stage) => {
      await defineConverted(stage, rename);
      return stage.sendAll([
        apply("v1", "one", { size: 1 }),
        apply("v2", "two", { extent: 2 }),
        read(`${things("v1")}/a`),
      ]);
    },
    tearDown,
  },
  {
    name: "versions of a custom kind: a webhook that fails",
    steps: async (stage) => {
      await defineConverted(stage, () => ({ result: { status: "Failure", message: "cannot do that" } }));
      return stage.sendAll([
        thing("v1"),
        read(`${things("v1")}/a`),
        read(`${things("v2")}/a`),
        read(things("v2")),
        thing("v2", "b"),
      ]);
    },
    tearDown,
  },
];

const defineConverted = (stage: Stage, answer: WebhookAnswer): Promise<void> => {
  const clientConfig = stage.webhook("convert", answer);
  return define(stage, { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } });
};
