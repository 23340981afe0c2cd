import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueAt } from "../store/api-object.ts";
import { TestCluster } from "../testing/test-cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
  await cluster.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
});
afterAll(() => cluster.stop());

const configMaps = "/api/v1/namespaces/default/configmaps";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const configMap = (name: string, data = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "web" }] } };
const deployment = (name: string, spec = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: { selector: { matchLabels: { a: "b" } }, template, ...spec },
});

describe("refusals", () => {
  // Each answer was taken from a kube-apiserver 1.36.3.
  const cases: [reason: string, method: string, path: string, body: unknown, code: number, message: string][] = [
    [
      "a wrong JSON type",
      "POST",
      deployments,
      deployment("x", { replicas: "a" }),
      400,
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      "a wrong type deep inside",
      "POST",
      deployments,
      deployment("x", { template: { spec: { containers: [{ name: 5 }] } } }),
      400,
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.name of type string',
    ],
    [
      "missing fields",
      "POST",
      deployments,
      { metadata: { name: "x1" }, spec: {} },
      422,
      'Deployment.apps "x1" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`, spec.template.spec.containers: Required value]',
    ],
    [
      "unknown fields, strictly",
      "POST",
      `${deployments}?fieldValidation=Strict`,
      deployment("x", { foo: 1 }),
      400,
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.foo"',
    ],
    [
      "duplicate fields, strictly",
      "POST",
      `${configMaps}?fieldValidation=Strict`,
      '{"kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}',
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a"',
    ],
    [
      "another kind",
      "POST",
      deployments,
      { apiVersion: "v1", kind: "Pod", metadata: { name: "x" } },
      400,
      'Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to (apps.Deployment): unknown conversion',
    ],
    [
      "another namespace",
      "POST",
      configMaps,
      { metadata: { name: "x", namespace: "other" } },
      400,
      "the namespace of the provided object does not match the namespace sent on the request",
    ],
    [
      "a namespace that is not there",
      "POST",
      "/api/v1/namespaces/nope/configmaps",
      configMap("x"),
      404,
      'namespaces "nope" not found',
    ],
    [
      "a version on creation",
      "POST",
      configMaps,
      { metadata: { name: "x", resourceVersion: "5" } },
      500,
      "resourceVersion should not be set on objects to be created",
    ],
    ["an update of nothing", "PUT", `${configMaps}/none`, configMap("none"), 404, 'configmaps "none" not found'],
    [
      "another name than the URL's",
      "PUT",
      `${configMaps}/a`,
      configMap("b"),
      400,
      "the name of the object (b) does not match the name on the URL (a)",
    ],
    [
      "an unknown resource",
      "GET",
      "/api/v1/namespaces/default/foos",
      undefined,
      404,
      "the server could not find the requested resource",
    ],
    [
      "a creation at a name",
      "POST",
      `${configMaps}/x`,
      configMap("x"),
      405,
      "the server does not allow this method on the requested resource",
    ],
    [
      "a field that nothing is selected by",
      "GET",
      `${configMaps}?fieldSelector=data.x=1`,
      undefined,
      400,
      '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ["a version of the future", "GET", `${configMaps}?resourceVersion=99999999`, undefined, 504, ""],
    [
      "a version that is none",
      "GET",
      `${configMaps}?resourceVersion=abc`,
      undefined,
      400,
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      "a propagation policy that is none",
      "DELETE",
      `${configMaps}/x`,
      { propagationPolicy: "x" },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      "a dry run that is none",
      "POST",
      `${configMaps}?dryRun=x`,
      configMap("x"),
      422,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["x"]: supported values: "All"',
    ],
    ["no JSON", "POST", configMaps, "{bad", 400, ""],
    ["an apply without a manager", "PATCH", `${configMaps}/x`, "{}", 415, "415: Unsupported Media Type"],
  ];
  it.each(cases)("%s", async (...row) => {
    const [, method, path, body, code, message] = row;
    const answer = await cluster.request(method, path, body);
    expect(answer.code).toBe(code);
    expect(answer.body["kind"]).toBe("Status");
    if (message !== "") expect(answer.body["message"]).toBe(message);
  });

  it("answers 401 to a bad token, 403 to no token, and lets anyone ask for health", async () => {
    expect((await cluster.get("/api/v1/pods", { token: "bad" })).body["message"]).toBe("Unauthorized");
    expect((await cluster.get("/api/v1/pods", { token: "" })).body["message"]).toBe(
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
    );
    expect((await cluster.get("/readyz", { token: "" })).text).toBe("ok");
  });

  it("answers 413 to a body of more than 3 MiB and serves on", async () => {
    const answer = await cluster.create(configMaps, configMap("big", { x: "y".repeat(3_200_000) }));
    expect(answer.code).toBe(413);
    expect((await cluster.get("/healthz")).code).toBe(200);
  });
});

describe("writing", () => {
  it("defaults a Deployment and tells who owns what, as the real server does", async () => {
    const { body, code } = await cluster.create(`${deployments}?fieldManager=me`, deployment("defaults"));
    expect(code).toBe(201);
    expect(body["spec"]).toMatchObject({
      replicas: 1,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      template: { spec: { restartPolicy: "Always", dnsPolicy: "ClusterFirst", terminationGracePeriodSeconds: 30 } },
    });
    expect(valueAt(body, "metadata", "managedFields")).toEqual([
      {
        manager: "me",
        operation: "Update",
        apiVersion: "apps/v1",
        time: expect.stringMatching(/Z$/),
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:spec": {
            "f:progressDeadlineSeconds": {},
            "f:replicas": {},
            "f:revisionHistoryLimit": {},
            "f:selector": {},
            "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {}, "f:maxUnavailable": {} }, "f:type": {} },
            "f:template": {
              "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
              "f:spec": {
                "f:containers": {
                  'k:{"name":"c"}': {
                    ".": {},
                    "f:image": {},
                    "f:imagePullPolicy": {},
                    "f:name": {},
                    "f:resources": {},
                    "f:terminationMessagePath": {},
                    "f:terminationMessagePolicy": {},
                  },
                },
                "f:dnsPolicy": {},
                "f:restartPolicy": {},
                "f:schedulerName": {},
                "f:securityContext": {},
                "f:terminationGracePeriodSeconds": {},
              },
            },
          },
        },
      },
    ]);
  });

  it("stores nothing in a dry run", async () => {
    expect((await cluster.create(`${configMaps}?dryRun=All`, configMap("dry"))).code).toBe(201);
    expect((await cluster.get(`${configMaps}/dry`)).code).toBe(404);
  });

  it("warns of unknown fields by default", async () => {
    const { headers, code } = await cluster.create(configMaps, { ...configMap("warned"), foo: 1 });
    expect(code).toBe(201);
    expect(headers["warning"]).toBe('299 - "unknown field \\"foo\\""');
  });

  it("retries a patch without a version, and refuses one with a stale version", async () => {
    await cluster.create(configMaps, configMap("patched"));
    const patches = Array.from({ length: 10 }, (_, index) =>
      cluster.patch(`${configMaps}/patched`, { data: { [`k${index}`]: "v" } }, "application/merge-patch+json"),
    );
    expect((await Promise.all(patches)).map(({ code }) => code)).toEqual(Array(10).fill(200));
    const { body } = await cluster.get(`${configMaps}/patched`);
    expect(Object.keys(valueAt(body, "data") ?? {})).toHaveLength(10);
    const stale = { metadata: { resourceVersion: "1" }, data: { x: "y" } };
    expect((await cluster.patch(`${configMaps}/patched`, stale, "application/merge-patch+json")).body["reason"]).toBe(
      "Conflict",
    );
  });

  it("scales through the scale subresource", async () => {
    await cluster.create(deployments, deployment("scaled"));
    const path = `${deployments}/scaled/scale`;
    expect((await cluster.patch(path, { spec: { replicas: 4 } }, "application/merge-patch+json")).body["spec"]).toEqual(
      { replicas: 4 },
    );
    expect(valueAt((await cluster.get(`${deployments}/scaled`)).body, "spec", "replicas")).toBe(4);
    expect((await cluster.patch(path, { spec: { replicas: -1 } }, "application/merge-patch+json")).code).toBe(422);
  });

  it("serves one storage of events under both groups", async () => {
    const event = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "e1" },
      regarding: { kind: "Pod", name: "p", namespace: "default" },
      note: "hello",
      reason: "Test",
      type: "Normal",
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "test",
      reportingInstance: "test-1",
      action: "Testing",
    };
    expect((await cluster.create("/apis/events.k8s.io/v1/namespaces/default/events", event)).code).toBe(201);
    const { body } = await cluster.get("/api/v1/namespaces/default/events/e1");
    expect(body).toMatchObject({
      apiVersion: "v1",
      message: "hello",
      involvedObject: { name: "p" },
      reportingComponent: "test",
    });
  });

  it("issues tokens for ServiceAccounts that carry their identity, until the account is gone", async () => {
    const accounts = "/api/v1/namespaces/default/serviceaccounts";
    await cluster.create(accounts, { metadata: { name: "robot" } });
    const { body } = await cluster.create(`${accounts}/robot/token`, { spec: {} });
    const token = String(valueAt(body, "status", "token"));
    const whoAmI = () => cluster.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, { token });
    expect(valueAt((await whoAmI()).body, "status", "userInfo", "username")).toBe(
      "system:serviceaccount:default:robot",
    );
    await cluster.request("DELETE", `${accounts}/robot`);
    expect((await whoAmI()).code).toBe(401);
  });

  it("counts requests by verb, resource and code", async () => {
    await cluster.create(configMaps, configMap("counted"));
    const { text } = await cluster.get("/metrics");
    expect(text).toMatch(
      /apiserver_request_total\{code="201",group="",resource="configmaps",subresource="",verb="POST",version="v1"\} \d+/,
    );
  });
});

describe("discovery", () => {
  it("lists groups and resources in plain and aggregated form", async () => {
    expect((await cluster.get("/apis/apps/v1")).body).toMatchObject({
      kind: "APIResourceList",
      groupVersion: "apps/v1",
    });
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    const { body, headers } = await cluster.get("/apis", { headers: { accept } });
    expect(body["kind"]).toBe("APIGroupDiscoveryList");
    expect(headers["content-type"]).toContain("as=APIGroupDiscoveryList");
  });

  it("serves OpenAPI v3 with hashes and ETags", async () => {
    const { body } = await cluster.get("/openapi/v3");
    const url = String(valueAt(body, "paths", "apis/apps/v1", "serverRelativeURL"));
    expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/);
    const { headers, body: document } = await cluster.get(url);
    expect(valueAt(document, "openapi")).toBe("3.0.0");
    const again = await cluster.get(url, { headers: { "if-none-match": String(headers["etag"]) } });
    expect(again.code).toBe(304);
  });
});
