import { fieldOf, listOf } from "../field-of.ts";
import type { Scenario, Script } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, read, remove } from "../step.ts";

const groupVersions = [
  "apps/v1",
  "batch/v1",
  "autoscaling/v1",
  "autoscaling/v2",
  "policy/v1",
  "rbac.authorization.k8s.io/v1",
  "coordination.k8s.io/v1",
  "events.k8s.io/v1",
  "networking.k8s.io/v1",
  "discovery.k8s.io/v1",
];

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const text = (value: unknown, ...path: string[]): string => String(fieldOf(value, ...path) ?? "");
/** The order of groups and resources says nothing. */
const byJson = (items: readonly unknown[]): unknown[] =>
  [...items].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
/** Groups of the scenarios' own kinds come and go. */
const isBuiltIn = (name: string): boolean => !name.endsWith(".example.com");

/** A group of aggregated discovery, its resources in an order of ours. */
const shownGroup = (group: unknown): unknown => ({
  name: text(group, "metadata", "name"),
  metadata: Object.keys(Object(fieldOf(group, "metadata"))).sort(),
  versions: listOf(group, "versions").map((version) => ({
    version: fieldOf(version, "version"),
    freshness: fieldOf(version, "freshness"),
    resources: byJson(listOf(version, "resources").map(shownResource)),
  })),
});

/** What a resource of aggregated discovery says, subresources in an order of ours. */
function shownResource(resource: unknown): unknown {
  const { subresources, verbs, ...rest } = Object(resource);
  const sorted = (item: unknown) => ({ ...Object(item), verbs: [...listOf(item, "verbs")].sort() });
  return {
    ...rest,
    verbs: [...listOf({ verbs }, "verbs")].sort(),
    subresources: byJson(listOf({ subresources }, "subresources").map(sorted)),
  };
}

async function aggregatedGroup(stage: Stage, root: string, name: string): Promise<unknown> {
  const { body } = await stage.send(read(root, aggregated));
  const group = listOf(body, "items").find((item) => text(item, "metadata", "name") === name);
  return group === undefined ? undefined : shownGroup(group);
}

async function plainResources(stage: Stage, path: string): Promise<unknown> {
  const { code, body } = await stage.send(read(path));
  const resources = listOf(body, "resources").map((item) => {
    const { storageVersionHash: _hash, verbs: _verbs, ...rest } = Object(item);
    return { ...rest, verbs: [...listOf(item, "verbs")].sort() };
  });
  return {
    code,
    kind: fieldOf(body, "kind"),
    groupVersion: fieldOf(body, "groupVersion"),
    resources: byJson(resources),
  };
}

const version = (name: string, more: object = {}) => ({
  name,
  served: true,
  storage: name === "v1",
  schema: {
    openAPIV3Schema: {
      type: "object",
      description: `A thing in ${name}`,
      properties: { spec: { type: "object", properties: { size: { type: "integer", description: "How large" } } } },
    },
  },
  ...more,
});
const definition = (versions: readonly object[]) => ({
  metadata: { name: "things.{ns}.example.com" },
  spec: {
    group: "{ns}.example.com",
    scope: "Namespaced",
    names: { kind: "Thing", plural: "things", shortNames: ["th"], categories: ["all"] },
    versions,
  },
});
const subresources = { status: {}, scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size" } };
const custom = [
  version("v1", { subresources }),
  version("v1beta1"),
  version("v2alpha1"),
  version("v1alpha1", { served: false }),
];
const servedVersions = ["v1", "v1beta1", "v2alpha1"];
const tearDown = [remove(`${definitions}/things.{ns}.example.com`)];

/** Defines the scenario's kind; goes on when it is served and found in all its versions, which appear one by one. */
async function define(stage: Stage): Promise<void> {
  await stage.send(create(definitions, definition(custom)));
  for (const name of servedVersions) await stage.send({ ...read(`/apis/{ns}.example.com/${name}`), until: 200 });
  await stage.send({ ...read("/apis/{ns}.example.com/v1/namespaces/{ns}/things"), until: 200 });
}

const scripts: [name: string, script: Script][] = [
  ["the core group, aggregated", (stage) => aggregatedGroup(stage, "/api", "")],
  ["what kinds of the core group there are", (stage) => plainResources(stage, "/api/v1")],
  [
    "every group in one answer",
    async (stage) => {
      const { body } = await stage.send(read("/apis", aggregated));
      const groups = listOf(body, "items").filter((item) => isBuiltIn(text(item, "metadata", "name")));
      return {
        kind: fieldOf(body, "kind"),
        apiVersion: fieldOf(body, "apiVersion"),
        groups: byJson(groups.map(shownGroup)),
      };
    },
  ],
  [
    "every group in the old form",
    async (stage) => {
      const { body } = await stage.send(read("/apis"));
      return byJson(listOf(body, "groups").filter((item) => isBuiltIn(text(item, "name"))));
    },
  ],
  [
    "the versions of the core group",
    async (stage) => {
      const { body } = await stage.send(read("/api"));
      return { kind: fieldOf(body, "kind"), versions: fieldOf(body, "versions") };
    },
  ],
  [
    "an older form of aggregation",
    async (stage) => {
      const { code, body } = await stage.send(
        read("/apis", `${aggregated.replace("v=v2", "v=v2beta1")},application/json`),
      );
      return { code, kind: fieldOf(body, "kind") };
    },
  ],
  [
    "the documents of OpenAPI v3",
    async (stage) => {
      const { body } = await stage.send(read("/openapi/v3"));
      const entries = Object.entries(Object(fieldOf(body, "paths"))).filter(([path]) => !path.includes("example.com"));
      return byJson(
        entries.map(([path, entry]) => `${path} ${text(entry, "serverRelativeURL").replace(/hash=.*/, "hash=")}`),
      );
    },
  ],
  [
    "a custom kind of several versions, aggregated",
    async (stage) => {
      await define(stage);
      await stage.until(read("/apis", aggregated), ({ body }) => {
        const groups = listOf(body, "items");
        const own = groups.find((item) => text(item, "metadata", "name") === `${stage.namespace}.example.com`);
        return listOf(own, "versions").length === servedVersions.length;
      });
      return aggregatedGroup(stage, "/apis", `${stage.namespace}.example.com`);
    },
  ],
  [
    "a custom kind of several versions in the old form",
    async (stage) => {
      await define(stage);
      const group = await stage.send({ ...read("/apis/{ns}.example.com"), until: 200 });
      const versions = ["v1", "v1beta1", "v1alpha1"].map((name) => `/apis/{ns}.example.com/${name}`);
      const pages = [];
      for (const path of versions) pages.push(await plainResources(stage, path));
      return { group, pages };
    },
  ],
  [
    "OpenAPI v3 of a custom kind",
    async (stage) => {
      await define(stage);
      const { body } = await stage.send({ ...read("/openapi/v3/apis/{ns}.example.com/v1"), until: 200 });
      const schemas = Object.entries(Object(fieldOf(body, "components", "schemas")));
      const own = schemas.filter(([name]) => name.endsWith(".Thing") || name.endsWith(".ThingList"));
      return { own, paths: Object.keys(Object(fieldOf(body, "paths"))).sort() };
    },
  ],
  [
    "a custom kind that is gone",
    async (stage) => {
      await define(stage);
      await stage.send(remove(`${definitions}/things.{ns}.example.com`));
      const gone = await stage.send({ ...read("/apis/{ns}.example.com/v1"), until: 404 });
      const hasGone = ({ body }: { body: unknown }) => !JSON.stringify(body).includes(`${stage.namespace}.example.com`);
      await stage.until(read("/apis", aggregated), hasGone);
      return [gone, await stage.send(read("/apis/{ns}.example.com/v1/namespaces/{ns}/things"))];
    },
  ],
];

/** Documents of OpenAPI v3 that are the same to the last word. */
const documents = [
  "api/v1",
  "apis/apps/v1",
  "apis/batch/v1",
  "apis/rbac.authorization.k8s.io/v1",
  "apis/apiextensions.k8s.io/v1",
];

const schemasOf =
  (document: string): Script =>
  async (stage) => {
    const { code, body } = await stage.send(read(`/openapi/v3/${document}`));
    const schemas = Object.entries(Object(fieldOf(body, "components", "schemas"))).sort(([left], [right]) =>
      left < right ? -1 : 1,
    );
    return {
      code,
      openapi: fieldOf(body, "openapi"),
      paths: Object.keys(Object(fieldOf(body, "paths"))).sort(),
      schemas,
    };
  };

/** Where clients find out what there is. */
export const discoveryScenarios: readonly Scenario[] = [
  ...groupVersions.map((groupVersion) => ({
    name: `group of ${groupVersion}`,
    steps: [read(`/apis/${groupVersion.split("/")[0]}`)],
  })),
  ...groupVersions.map((groupVersion) => ({
    name: `discovery: kinds of ${groupVersion}`,
    steps: (stage: Stage) => plainResources(stage, `/apis/${groupVersion}`),
  })),
  ...documents.map((document) => ({ name: `discovery: schemas of ${document}`, steps: schemasOf(document) })),
  ...scripts.map(([name, steps]) => ({ name: `discovery: ${name}`, steps, tearDown })),
  { name: "an unknown group", steps: [read("/apis/none.example.com")] },
  { name: "an unknown version", steps: [read("/apis/apps/v9")] },
  { name: "an unknown resource", steps: [read("/apis/apps/v1/namespaces/{ns}/frobs"), read("/api/v1/frobs")] },
  { name: "an unknown subresource", steps: [read("/api/v1/namespaces/{ns}/configmaps/x/frob")] },
  { name: "an unknown document", steps: [read("/openapi/v3/apis/none.example.com/v1")] },
  { name: "health", steps: [read("/healthz"), read("/livez"), read("/readyz")] },
];
