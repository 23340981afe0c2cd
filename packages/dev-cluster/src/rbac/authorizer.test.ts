import { beforeEach, describe, expect, it } from "vitest";
import { isApiObject } from "../store/api-object.ts";
import { Store } from "../store/store.ts";
import { Authorizer } from "./authorizer.ts";

const rbac = "rbac.authorization.k8s.io";
let store: Store;
let authorizer: Authorizer;

function put(plural: string, key: string, content: object): void {
  const object = {
    apiVersion: `${rbac}/v1`,
    kind: plural,
    metadata: { name: key.split("/").at(-1) ?? "", ...labelsOf(content) },
    ...content,
  };
  if (isApiObject(object)) store.put(`${plural}.${rbac}`, key, object);
}
const labelsOf = (content: object) => ("labels" in content ? { labels: content.labels } : {});

const jane = { name: "jane", groups: ["system:authenticated", "devs"] };
const robot = { name: "system:serviceaccount:team:robot", groups: ["system:serviceaccounts"] };
const readPods = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] };
const resource = (parts = {}) => ({
  group: "",
  resource: "pods",
  subresource: "",
  namespace: "team",
  name: "",
  ...parts,
});

beforeEach(() => {
  store = new Store();
  authorizer = new Authorizer(store);
});

describe("Authorizer", () => {
  it("allows nothing without a binding, and everything to system:masters", () => {
    expect(authorizer.allowance({ caller: jane, verb: "get", resource: resource() })).toBeUndefined();
    expect(
      authorizer.allowance({ caller: { name: "x", groups: ["system:masters"] }, verb: "get", resource: resource() }),
    ).toBe("");
  });

  it.each([
    ["the verb and resource of the role", "get", {}, true],
    ["another verb", "delete", {}, false],
    ["another resource", "get", { resource: "secrets" }, false],
    ["a subresource", "get", { subresource: "log" }, false],
    ["another group", "get", { group: "apps" }, false],
    ["another namespace", "get", { namespace: "other" }, false],
  ])("%s", (_reason, verb, parts, allowed) => {
    put("roles", "team/reader", { rules: [readPods] });
    put("rolebindings", "team/readers", {
      roleRef: { kind: "Role", name: "reader" },
      subjects: [{ kind: "Group", name: "devs" }],
    });
    expect(authorizer.allowance({ caller: jane, verb, resource: resource(parts) }) !== undefined).toBe(allowed);
  });

  it("binds ServiceAccounts by name and namespace", () => {
    put("clusterroles", "reader", { rules: [readPods] });
    const subjects = [{ kind: "ServiceAccount", name: "robot", namespace: "team" }];
    put("clusterrolebindings", "robots", { roleRef: { kind: "ClusterRole", name: "reader" }, subjects });
    expect(authorizer.allowance({ caller: robot, verb: "list", resource: resource({ namespace: "any" }) })).toContain(
      '"robots"',
    );
    expect(authorizer.allowance({ caller: jane, verb: "list", resource: resource() })).toBeUndefined();
  });

  it("honours resource names", () => {
    put("clusterroles", "one", { rules: [{ ...readPods, resourceNames: ["web"] }] });
    put("clusterrolebindings", "b", {
      roleRef: { kind: "ClusterRole", name: "one" },
      subjects: [{ kind: "User", name: "jane" }],
    });
    expect(authorizer.allowance({ caller: jane, verb: "get", resource: resource({ name: "web" }) })).toBeDefined();
    expect(authorizer.allowance({ caller: jane, verb: "get", resource: resource({ name: "db" }) })).toBeUndefined();
  });

  it("sums up aggregated roles at the moment of asking", () => {
    const selector = { matchLabels: { "aggregate-to-view": "true" } };
    put("clusterroles", "view", { rules: null, aggregationRule: { clusterRoleSelectors: [selector] } });
    put("clusterrolebindings", "b", {
      roleRef: { kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "User", name: "jane" }],
    });
    const asks = () => authorizer.allowance({ caller: jane, verb: "get", resource: resource() });
    expect(asks()).toBeUndefined();
    put("clusterroles", "more", { labels: { "aggregate-to-view": "true" }, rules: [readPods] });
    expect(asks()).toBeDefined();
  });

  it("matches paths with a star at the end", () => {
    put("clusterroles", "paths", { rules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/metrics/*"] }] });
    put("clusterrolebindings", "b", {
      roleRef: { kind: "ClusterRole", name: "paths" },
      subjects: [{ kind: "User", name: "jane" }],
    });
    const asks = (path: string) => authorizer.allowance({ caller: jane, verb: "get", path }) !== undefined;
    expect([asks("/healthz"), asks("/metrics/x"), asks("/metrics"), asks("/version")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("words its refusal as the real server does", () => {
    const request = {
      caller: jane,
      verb: "create",
      resource: resource({ group: "apps", resource: "deployments", name: "" }),
    };
    expect(() => authorizer.check(request)).toThrow(
      'deployments.apps is forbidden: User "jane" cannot create resource "deployments" in API group "apps" in the namespace "team"',
    );
  });
});
