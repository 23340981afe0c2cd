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
    expect(authorizer.decide({ caller: jane, verb: "get", resource: resource() }).allowed).toBe(false);
    const master = { name: "x", groups: ["system:masters"] };
    expect(authorizer.decide({ caller: master, verb: "get", resource: resource() })).toEqual({
      allowed: true,
      reason: "",
    });
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
    expect(authorizer.decide({ caller: jane, verb, resource: resource(parts) }).allowed).toBe(allowed);
  });

  it("binds ServiceAccounts by name and namespace", () => {
    put("clusterroles", "reader", { rules: [readPods] });
    const subjects = [{ kind: "ServiceAccount", name: "robot", namespace: "team" }];
    put("clusterrolebindings", "robots", { roleRef: { kind: "ClusterRole", name: "reader" }, subjects });
    const everywhere = resource({ namespace: "any" });
    expect(authorizer.decide({ caller: robot, verb: "list", resource: everywhere }).reason).toContain('"robots"');
    expect(authorizer.decide({ caller: jane, verb: "list", resource: resource() }).allowed).toBe(false);
  });

  it("honours resource names", () => {
    put("clusterroles", "one", { rules: [{ ...readPods, resourceNames: ["web"] }] });
    put("clusterrolebindings", "b", {
      roleRef: { kind: "ClusterRole", name: "one" },
      subjects: [{ kind: "User", name: "jane" }],
    });
    const asks = (name: string) =>
      authorizer.decide({ caller: jane, verb: "get", resource: resource({ name }) }).allowed;
    expect([asks("web"), asks("db")]).toEqual([true, false]);
  });

  it("sums up aggregated roles at the moment of asking", () => {
    const selector = { matchLabels: { "aggregate-to-view": "true" } };
    put("clusterroles", "view", { rules: null, aggregationRule: { clusterRoleSelectors: [selector] } });
    put("clusterrolebindings", "b", {
      roleRef: { kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "User", name: "jane" }],
    });
    const asks = () => authorizer.decide({ caller: jane, verb: "get", resource: resource() }).allowed;
    expect(asks()).toBe(false);
    put("clusterroles", "more", { labels: { "aggregate-to-view": "true" }, rules: [readPods] });
    expect(asks()).toBe(true);
  });

  it("matches paths with a star at the end", () => {
    put("clusterroles", "paths", { rules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/metrics/*"] }] });
    put("clusterrolebindings", "b", {
      roleRef: { kind: "ClusterRole", name: "paths" },
      subjects: [{ kind: "User", name: "jane" }],
    });
    const asks = (path: string) => authorizer.decide({ caller: jane, verb: "get", path }).allowed;
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
