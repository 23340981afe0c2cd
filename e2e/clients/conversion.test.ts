import { Client, loadKubeconfig, watch } from "@moorage/kube-client";
import { apiVersionOf, type ResourceType } from "@moorage/kube-types";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { ClusterRole, ClusterRoleBinding } from "@moorage/kube-types/rbac-v1";
import {
  accessRulesOf,
  type Controller,
  type Conversion,
  conversionRulesOf,
  createLogger,
  desired,
  Manager,
  ready,
} from "@moorage/operator-runtime";
import { conditionsSchema, defineResource, type Resource, type Static, Type } from "@moorage/resources";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { hasBinaries, type Server, servers } from "./servers.ts";

const namespace = "default";
const cases = servers.filter(({ name, needs }) => hasBinaries(needs, `conversion webhooks on ${name}`));

const status = Type.Object({
  observedGeneration: Type.Optional(Type.Integer({ format: "int64" })),
  area: Type.Optional(Type.Integer()),
  conditions: Type.Optional(conditionsSchema),
});
const oldSpec = Type.Object({ size: Type.String() });
const spec = Type.Object({ width: Type.Integer(), height: Type.Integer({ default: 1 }) });

type Sheet = Resource<Static<typeof spec>, Static<typeof status>>;
type OldSheet = Resource<Static<typeof oldSpec>, Static<typeof status>>;

/** Version 2 says in two fields what version 1 said in a text. */
const Sheet = defineResource({
  group: "example.dev",
  version: "v2",
  kind: "Sheet",
  plural: "sheets",
  categories: [],
  description: "A sheet of paper.",
  spec,
  status,
  columns: [],
  versions: [{ name: "v1", spec: oldSpec, status, columns: [], deprecated: true, deprecationWarning: "use v2" }],
});
const OldSheet: ResourceType<OldSheet> = {
  ...{ group: Sheet.group, kind: Sheet.kind, plural: Sheet.plural, namespaced: true },
  version: "v1",
};

/** The definition of before there was version 2. */
const onlyOld: CustomResourceDefinition = {
  ...Sheet.crd,
  spec: {
    ...Sheet.crd.spec,
    versions: Sheet.crd.spec.versions
      .filter(({ name }) => name === OldSheet.version)
      .map((version) => ({ ...version, storage: true })),
  },
};

const conversion: Conversion<Sheet> = {
  hub: Sheet,
  spokes: [
    {
      for: OldSheet,
      toHub({ spec: { size }, ...rest }: OldSheet) {
        const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? [];
        if (!width || !height) throw new Error(`spec.size: "${size}" is not WIDTHxHEIGHT, such as "2x3"`);
        return { ...rest, spec: { width: Number(width), height: Number(height) } };
      },
      fromHub: ({ spec: { width, height }, ...rest }: Sheet) => ({ ...rest, spec: { size: `${width}x${height}` } }),
    },
  ],
};

/** Says in the status, which users of both versions see, how large a sheet is. */
const area: Controller<Sheet> = {
  name: "area",
  for: Sheet,
  owns: [],
  reconcile: ({ spec: { width, height } }) =>
    desired([], { status: { area: width * height }, conditions: [ready("Measured", "The area is known")] }),
};

const user = "sheet-operator";
const rbac = "rbac.authorization.k8s.io";

/** What the guide says that an operator with a conversion needs, and no more. */
async function grantLeast(client: Client): Promise<void> {
  const certificates = { apiGroups: [""], resources: ["secrets"] };
  const rules = [
    ...accessRulesOf([area]),
    ...conversionRulesOf([conversion]),
    { ...certificates, verbs: ["create"] },
    { ...certificates, resourceNames: ["sheets"], verbs: ["get", "update"] },
  ];
  const named = { apiVersion: `${rbac}/v1`, metadata: { name: user } };
  await client.create(ClusterRole, { ...named, kind: "ClusterRole", rules });
  await client.create(ClusterRoleBinding, {
    ...{ ...named, kind: "ClusterRoleBinding" },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: user },
    subjects: [{ apiGroup: rbac, kind: "User", name: user }],
  });
}

const old = (name: string, size: string): OldSheet => ({
  apiVersion: apiVersionOf(OldSheet),
  kind: "Sheet",
  metadata: { namespace, name },
  spec: { size },
});

describe.each(cases)("a conversion webhook on $name", ({ start }) => {
  let server: Server;
  let client: Client;
  let manager: Manager;
  const logged: string[] = [];
  const destination = { write: (line: string) => void logged.push(line) };
  beforeAll(async () => {
    server = await start();
    const cluster = await loadKubeconfig({ paths: [server.kubeconfig] });
    client = new Client({ cluster, fieldManager: "user" });
    await grantLeast(client);
    await client.create(CustomResourceDefinition, onlyOld);
    await eventually("an object of before", 20_000, () => client.create(OldSheet, old("before", "7x1")));
    manager = new Manager({
      cluster: { ...cluster, impersonate: { user } },
      ...{ metrics: false, probes: false, log: createLogger({ destination }) },
      webhooks: {
        webhooks: [],
        conversions: [conversion],
        target: { url: "https://127.0.0.1:0" },
        address: { host: "127.0.0.1", port: 0 },
        namespace,
        name: "sheets",
        // A year in 18 seconds: the API server looks at the machine's clock.
        certificates: { authorityMs: 18_000, servingMs: 9_000, overlapMs: 1_500 },
        checkEveryMs: 100,
      },
    });
    manager.add(area);
    // In the order that the guide asks for: the operator first, then the definition with both versions.
    const starting = manager.start();
    await eventually("the registration", 20_000, bundle);
    await client.apply(CustomResourceDefinition, Sheet.crd);
    await starting;
  }, 90_000);
  afterAll(async () => {
    await manager?.stop();
    await client?.close();
    await server?.stop();
  }, 60_000);

  const specsOf = <T extends Sheet | OldSheet>(items: readonly T[]) =>
    Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec]));
  const bundle = async () =>
    (await client.get(CustomResourceDefinition, { name: "sheets.example.dev" })).spec.conversion?.webhook?.clientConfig
      ?.caBundle;

  it("converts what was stored before there was another version, and leaves it to the operator", async () => {
    const before = await eventually("the status", 20_000, async () => {
      const found = await client.get(Sheet, { namespace, name: "before" });
      return found.status?.area === 7 ? found : undefined;
    });
    expect(before.spec).toEqual({ width: 7, height: 1 });
  });

  it("shows in each version what was written in the other, with the status that the operator writes", async () => {
    const key = { namespace, name: "a" };
    await client.create(OldSheet, old("a", "2x3"));
    expect((await client.get(Sheet, key)).spec).toEqual({ width: 2, height: 3 });
    await client.patch(Sheet, key, { spec: { width: 5 } }, { patchType: "merge" });
    const back = await eventually("the status", 20_000, async () => {
      const found = await client.get(OldSheet, key);
      return found.status?.area === 15 ? found : undefined;
    });
    expect([back.apiVersion, back.spec]).toEqual(["example.dev/v1", { size: "5x3" }]);
  });

  it("lists all in either version", async () => {
    await client.create(OldSheet, old("b", "4x4"));
    await client.create(Sheet, { ...old("c", ""), apiVersion: "example.dev/v2", spec: { width: 6, height: 7 } });
    expect(specsOf((await client.list(Sheet)).items)).toMatchObject({
      b: { width: 4, height: 4 },
      c: { width: 6, height: 7 },
    });
    expect(specsOf((await client.list(OldSheet)).items)).toMatchObject({ b: { size: "4x4" }, c: { size: "6x7" } });
  });

  it("watches in the old version what is written in the new", async () => {
    const { metadata } = await client.list(OldSheet);
    await client.create(Sheet, { ...old("d", ""), apiVersion: "example.dev/v2", spec: { width: 8, height: 9 } });
    const stop = new AbortController();
    const options = { timeoutSeconds: 20, silenceLimitMs: () => 20_000, signal: stop.signal };
    const seen = async () => {
      for await (const events of watch(client, OldSheet, { ...options, resourceVersion: metadata.resourceVersion })) {
        const found = events.find(({ object }) => object.metadata.name === "d");
        if (found) return found;
      }
      return undefined;
    };
    // A watch ends when the definition changes, and it does at every step of the certificates.
    const event = await eventually("the event", 20_000, seen);
    stop.abort();
    expect(event).toMatchObject({ type: "ADDED", object: { apiVersion: "example.dev/v1", spec: { size: "8x9" } } });
  });

  it("applies in the old version, and owns the fields of that version", async () => {
    const key = { namespace, name: "e" };
    await client.apply(OldSheet, old("e", "1x2"), { fieldManager: "one" });
    await client.apply(OldSheet, old("e", "3x2"), { fieldManager: "one" });
    const { spec: stored, metadata } = await client.get(Sheet, key);
    expect(stored).toEqual({ width: 3, height: 2 });
    expect(metadata.managedFields?.find(({ manager: name }) => name === "one")).toMatchObject({
      operation: "Apply",
      apiVersion: "example.dev/v1",
    });
  });

  it("tells the user why a converter refuses", async () => {
    await expect(client.create(OldSheet, old("f", "wide"))).rejects.toThrow(
      'Cannot convert Sheet "default/f" from v1 to v2: spec.size: "wide" is not WIDTHxHEIGHT, such as "2x3"',
    );
    expect(logged.join("")).toContain('"msg":"Cannot convert"');
  });

  it("converts without one failure while certificate and authority are rotated", { timeout: 90_000 }, async () => {
    const key = { namespace, name: "g" };
    await client.create(OldSheet, old("g", "1x1"));
    const bundles = new Set<string | undefined>();
    for (let turn = 1, end = performance.now() + 60_000; bundles.size < 4 && performance.now() < end; turn++) {
      await client.patch(OldSheet, key, { spec: { size: `${turn}x1` } }, { patchType: "merge" });
      expect((await client.get(OldSheet, key)).spec).toEqual({ size: `${turn}x1` });
      expect((await client.get(Sheet, key)).spec).toEqual({ width: turn, height: 1 });
      expect((await client.list(OldSheet)).items.length).toBeGreaterThan(0);
      bundles.add(await bundle());
    }
    expect(bundles.size).toBe(4);
  });
});
