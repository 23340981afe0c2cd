import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fieldsAt, listAt, valueAt } from "../store/api-object.ts";
import { TestCluster } from "../testing/test-cluster.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const things = (version: string) => `/apis/example.com/${version}/namespaces/default/things`;
const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
const thing = (version: string, name: string) => ({
  apiVersion: `example.com/${version}`,
  kind: "Thing",
  metadata: { name },
  spec: { by: version },
});

let cluster: TestCluster;
let server: Server;
/** The sizes of what the webhook was asked. */
const requestBytes: number[] = [];
/** What the webhook says of its conversion; undefined: it is done. */
let failure: string | undefined;

/** Converts by noting the version in the object's spec. */
function answer(review: unknown): object {
  const desired = valueAt(review, "request", "desiredAPIVersion");
  const convertedObjects = listAt(review, "request", "objects").map((object) => ({
    ...Object(object),
    apiVersion: desired,
    spec: { ...fieldsAt(object, "spec"), to: desired },
  }));
  const result = failure === undefined ? { status: "Success" } : { status: "Failure", message: failure };
  return { response: { uid: valueAt(review, "request", "uid"), result, convertedObjects } };
}

beforeAll(async () => {
  cluster = await TestCluster.start();
  // The cluster's own certificate serves 127.0.0.1, so it serves the webhook too.
  const pki = (name: string) => readFileSync(join(cluster.dir, "pki", name));
  server = createServer({ cert: pki("server.crt"), key: pki("server.key") }, async (request, response) => {
    const body = await text(request);
    requestBytes.push(body.length);
    response.end(JSON.stringify(answer(JSON.parse(body))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const clientConfig = { url: `https://127.0.0.1:${port}/convert`, caBundle: pki("ca.crt").toString("base64") };
  await cluster.create(crds, {
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Thing", plural: "things" },
      conversion: { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } },
      versions: ["v1", "v2"].map((name) => ({ name, served: true, storage: name === "v1", schema })),
    },
  });
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await cluster.stop();
});

describe("Conversions", () => {
  it("asks the webhook for what is read in another version than the stored one, and for nothing else", async () => {
    await cluster.create(things("v1"), thing("v1", "a"));
    expect((await cluster.get(`${things("v1")}/a`)).body["spec"]).toEqual({ by: "v1" });
    expect((await cluster.get(`${things("v2")}/a`)).body["spec"]).toEqual({ by: "v1", to: "example.com/v2" });
    const { body } = await cluster.get(things("v2"));
    expect(listAt(body, "items").map((item) => valueAt(item, "spec", "to"))).toEqual(["example.com/v2"]);
  });

  it("stores what is written in another version as the webhook makes it", async () => {
    const made = await cluster.create(things("v2"), thing("v2", "b"));
    expect(made.body["spec"]).toEqual({ by: "v2", to: "example.com/v2" });
    expect((await cluster.get(`${things("v1")}/b`)).body["spec"]).toEqual({ by: "v2", to: "example.com/v1" });
  });

  it("asks for many large objects in several requests, each of about a megabyte", async () => {
    const names = Array.from({ length: 30 }, (_, number) => `large-${number}`);
    for (const name of names) {
      const large = thing("v1", name);
      await cluster.create(things("v1"), { ...large, spec: { ...large.spec, text: "x".repeat(200_000) } });
    }
    requestBytes.length = 0;
    const { code, body } = await cluster.get(things("v2"));
    const items = listAt(body, "items").filter((item) => String(valueAt(item, "metadata", "name")).startsWith("large"));
    expect([code, items.length, new Set(items.map((item) => valueAt(item, "spec", "to"))).size]).toEqual([200, 30, 1]);
    expect(Math.max(...requestBytes)).toBeLessThan(1_300_000);
  });

  it("fails what cannot be converted, and leaves the stored version readable", async () => {
    await cluster.create(things("v1"), thing("v1", "c"));
    failure = "cannot do that";
    const { code, body } = await cluster.get(`${things("v2")}/c`);
    expect([code, body["message"]]).toEqual([
      500,
      "conversion webhook for example.com/v1, Kind=Thing failed: cannot do that",
    ]);
    expect((await cluster.get(`${things("v1")}/c`)).code).toBe(200);
    failure = undefined;
  });

  it("converts what was stored before the storage version changed, in every way of reading it", async () => {
    await cluster.create(things("v1"), thing("v1", "older"));
    const versions = ["v1", "v2"].map((name) => ({ name, served: true, storage: name === "v2", schema }));
    await cluster.patch(`${crds}/things.example.com`, { spec: { versions } }, "application/merge-patch+json");
    // Stored as it came: v2 is the storage version now.
    const newer = await cluster.create(things("v2"), thing("v2", "newer"));
    expect(newer.body["spec"]).toEqual({ by: "v2" });

    const wanted = { apiVersion: "example.com/v2", spec: { by: "v1", to: "example.com/v2" } };
    const isOlder = (object: unknown) => valueAt(object, "metadata", "name") === "older";
    expect((await cluster.get(`${things("v2")}/older`)).body).toMatchObject(wanted);
    expect(listAt((await cluster.get(things("v2"))).body, "items").find(isOlder)).toMatchObject(wanted);
    for await (const { object } of cluster.watch(`${things("v2")}?watch=true`)) {
      if (!isOlder(object)) continue;
      expect(object).toMatchObject(wanted);
      break;
    }
    const asItWas = { apiVersion: "example.com/v1", spec: { by: "v1" } };
    expect(listAt((await cluster.get(things("v1"))).body, "items").find(isOlder)).toEqual(
      expect.objectContaining(asItWas),
    );
  });
});
