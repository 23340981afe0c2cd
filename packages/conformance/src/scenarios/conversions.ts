import { fieldOf, listOf } from "../field-of.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, remove, type Step } from "../step.ts";
import type { WebhookAnswer } from "../webhook-server.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
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
  await stage.send(
    create(definitions, {
      metadata: { name: "things.{ns}.example.com" },
      spec: {
        group: "{ns}.example.com",
        scope: "Namespaced",
        names: { kind: "Thing", plural: "things" },
        versions,
        ...(conversion ? { conversion } : {}),
      },
    }),
  );
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
      const clientConfig = stage.webhook("convert", mark);
      await define(stage, { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } });
      return stage.sendAll(steps);
    },
    tearDown,
    differs: "conversion webhooks are not called: objects are read without waiting for anyone",
  },
];
