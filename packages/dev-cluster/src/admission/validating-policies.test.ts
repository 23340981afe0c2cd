import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCluster } from "../testing/test-cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
});
afterAll(() => cluster.stop());

const group = "/apis/admissionregistration.k8s.io/v1";
const configMaps = "/api/v1/namespaces/default/configmaps";
const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] };

async function install(name: string, validation: object, validationActions: string[]): Promise<void> {
  await cluster.create(`${group}/validatingadmissionpolicies`, {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [validation] },
  });
  await cluster.create(`${group}/validatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name, validationActions },
  });
}

describe("ValidatingAdmissionPolicies", () => {
  it("refuse what they are against, in their own words, and let the rest through", async () => {
    await install("short", { expression: "size(object.metadata.name) < 4", message: "too long" }, ["Deny"]);
    const refused = await cluster.create(configMaps, { metadata: { name: "long-name" } });
    expect([refused.code, refused.body["message"]]).toEqual([
      422,
      `configmaps "long-name" is forbidden: ValidatingAdmissionPolicy 'short' with binding 'short' denied request: too long`,
    ]);
    expect((await cluster.create(configMaps, { metadata: { name: "a" } })).code).toBe(201);
  });

  it("refuse nothing any more once their binding is gone", async () => {
    await install("never", { expression: "object.metadata.name != 'b'" }, ["Deny"]);
    expect((await cluster.create(configMaps, { metadata: { name: "b" } })).code).toBe(422);
    await cluster.request("DELETE", `${group}/validatingadmissionpolicybindings/never`);
    expect((await cluster.create(configMaps, { metadata: { name: "b" } })).code).toBe(201);
  });
});
