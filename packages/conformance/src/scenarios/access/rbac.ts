import { fieldOf, listOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import { create, patch, read, remove, replace, type Step } from "../../step.ts";
import { configMap, deployment, paths } from "../objects.ts";
import {
  as,
  asJane,
  bindingOf,
  clusterRoleBindings,
  clusterRoles,
  clusterTearDown,
  jane,
  roleBindings,
  roleOf,
  roles,
} from "./callers.ts";

const one = `${paths.configMaps}/a`;
const made = create(paths.configMaps, configMap("a", { k: "v" }));
const bound = create(roleBindings, bindingOf("b", { kind: "Role", name: "r" }));
/** A right to ConfigMaps, given and in force: servers read roles in their own time. */
const may = (...verbs: string[]): Step[] => [
  create(roles, roleOf("r", ["get", ...verbs], ["configmaps"])),
  bound,
  { ...asJane(read(`${paths.configMaps}/a`)), until: 200 },
];
const apply = (path: string, body: unknown): Step => patch("apply", `${path}?fieldManager=x`, body);

const cases: [name: string, ...steps: Step[]][] = [
  ["nobody reads a namespace", asJane(read(paths.pods)), asJane(read(`${paths.pods}/a`))],
  ["nobody reads the cluster", asJane(read("/api/v1/nodes")), asJane(read("/api/v1/nodes/a"))],
  ["nobody reads every namespace", asJane(read("/api/v1/pods")), asJane(read("/apis/apps/v1/deployments"))],
  [
    "nobody creates",
    asJane(create(paths.configMaps, configMap("a"))),
    asJane(create(paths.deployments, deployment("a"))),
  ],
  ["nobody changes", made, asJane(replace(one, configMap("a"))), asJane(patch("merge", one, {}))],
  ["nobody deletes", made, asJane(remove(one)), asJane(remove(paths.configMaps))],
  ["nobody watches", asJane(read(`${paths.configMaps}?watch=1&timeoutSeconds=1`))],
  [
    "nobody scales",
    asJane(read(`${paths.deployments}/a/scale`)),
    asJane(patch("merge", `${paths.deployments}/a/scale`, {})),
  ],
  ["nobody reads logs", asJane(read(`${paths.pods}/a/log`))],
  ["nobody reads a namespace's object", asJane(read("/api/v1/namespaces/{ns}")), asJane(read("/api/v1/namespaces"))],
  ["nobody reads what is not there", asJane(read("/apis/none.example.com/v1/namespaces/{ns}/things"))],
  ["paths that all may read", asJane(read("/healthz")), asJane(read("/readyz"))],
  ["paths that few may read", asJane(read("/metrics")), asJane(read("/logs")), asJane(read("/none"))],
  [
    "a role, and no more than it says",
    made,
    ...may("list"),
    asJane(read(`${paths.configMaps}?labelSelector=x`)),
    asJane(remove(one)),
    asJane(read(paths.secrets)),
  ],
  ["a role in another namespace", made, ...may(), asJane(read("/api/v1/namespaces/default/configmaps/a"))],
  ["a list is no get", made, ...may(), asJane(read(paths.configMaps))],
  ["deleting one is not deleting all", made, ...may("delete"), asJane(remove(paths.configMaps)), asJane(remove(one))],
  [
    "updating is not patching",
    made,
    ...may("update"),
    asJane(patch("merge", one, {})),
    asJane(replace(one, configMap("a"))),
  ],
  ["an apply that changes", made, ...may("patch"), asJane(apply(one, configMap("a", { l: "w" })))],
  [
    "an apply that creates needs create too",
    made,
    ...may("patch"),
    asJane(apply(`${paths.configMaps}/b`, configMap("b"))),
  ],
  [
    "single objects by their names",
    made,
    create(roles, roleOf("r", ["get", "list", "delete"], ["configmaps"], { resourceNames: ["a"] })),
    bound,
    { ...asJane(read(one)), until: 200 },
    asJane(read(`${paths.configMaps}/b`)),
    asJane(read(paths.configMaps)),
    asJane(read(`${paths.configMaps}?fieldSelector=metadata.name%3Da`)),
    asJane(remove(`${paths.configMaps}/b`)),
  ],
  [
    "subresources by their names",
    create(paths.deployments, deployment("a")),
    create(roles, roleOf("r", ["get", "update"], ["deployments/scale"], { apiGroups: ["apps"] })),
    bound,
    { ...asJane(read(`${paths.deployments}/a/scale`)), until: 200 },
    asJane(read(`${paths.deployments}/a`)),
    asJane(read(`${paths.deployments}/a/status`)),
  ],
  [
    "everything of a group",
    create(paths.deployments, deployment("a")),
    create(roles, roleOf("r", ["*"], ["*"], { apiGroups: ["apps"] })),
    bound,
    { ...asJane(read(`${paths.deployments}/a/status`)), until: 200 },
    asJane(read(paths.configMaps)),
    asJane(remove(`${paths.deployments}/a`)),
  ],
  [
    "a ClusterRole, for one namespace",
    create(roleBindings, bindingOf("b", { kind: "ClusterRole", name: "view" })),
    { ...asJane(read(`${paths.services}?labelSelector=x`)), until: 200 },
    asJane(read(paths.secrets)),
    asJane(create(paths.configMaps, configMap("a"))),
    asJane(read("/api/v1/configmaps")),
  ],
  [
    "the role edit changes no roles",
    create(roleBindings, bindingOf("b", { kind: "ClusterRole", name: "edit" })),
    { ...asJane(create(`${paths.configMaps}?dryRun=All`, configMap("a"))), until: 201 },
    asJane(read(paths.secrets)),
    asJane(create(roles, roleOf("x", ["get"], ["pods"]))),
    asJane(create("/api/v1/namespaces", { metadata: { name: "{ns}-y" } })),
  ],
  [
    "a group",
    create(roles, roleOf("r", ["list"], ["services"])),
    create(roleBindings, bindingOf("b", { kind: "Role", name: "r" }, [{ kind: "Group", name: "{ns}-team" }])),
    { ...as(jane, read(paths.services), "{ns}-team"), until: 200 },
    asJane(read(paths.services)),
    as(jane, read(paths.pods), "{ns}-team"),
  ],
  ["a right taken away", made, ...may(), remove(`${roleBindings}/b`), { ...asJane(read(one)), until: 403 }],
];

const clusterCases: [name: string, ...steps: Step[]][] = [
  [
    "the whole cluster",
    create(clusterRoles, roleOf("{ns}", ["list"], ["services", "nodes"])),
    create(clusterRoleBindings, bindingOf("{ns}", { kind: "ClusterRole", name: "{ns}" })),
    { ...asJane(read("/api/v1/services?labelSelector=none")), until: 200 },
    asJane(read(`${paths.services}?labelSelector=none`)),
    asJane(read("/api/v1/nodes?labelSelector=none")),
    asJane(read("/api/v1/pods")),
  ],
  [
    "paths",
    create(clusterRoles, {
      metadata: { name: "{ns}" },
      rules: [{ nonResourceURLs: ["/logs*", "/metrics"], verbs: ["get"] }],
    }),
    create(clusterRoleBindings, bindingOf("{ns}", { kind: "ClusterRole", name: "{ns}" })),
    { ...asJane(read("/logs/none")), until: 404 },
    asJane(read("/debug/none")),
  ],
];

const faults: [name: string, ...steps: Step[]][] = [
  [
    "a rule without verbs",
    create(roles, { metadata: { name: "r" }, rules: [{ apiGroups: [""], resources: ["pods"] }] }),
  ],
  [
    "a rule without resources",
    create(roles, { metadata: { name: "r" }, rules: [{ verbs: ["get"], apiGroups: [""] }] }),
  ],
  [
    "a rule without groups",
    create(roles, { metadata: { name: "r" }, rules: [{ verbs: ["get"], resources: ["pods"] }] }),
  ],
  [
    "a path in a namespace",
    create(roles, { metadata: { name: "r" }, rules: [{ verbs: ["get"], nonResourceURLs: ["/x"] }] }),
  ],
  [
    "a path beside a resource",
    create(clusterRoles, {
      metadata: { name: "{ns}" },
      rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"], nonResourceURLs: ["/x"] }],
    }),
  ],
  ["a bad name", create(roles, roleOf("a/b", ["get"], ["pods"]))],
  ["a name with colons", create(roles, roleOf("System:a", ["get"], ["pods"])), read(`${roles}/System:a`)],
  ["a binding without a role", create(roleBindings, { metadata: { name: "b" }, subjects: [] })],
  [
    "a binding to another kind",
    create(roleBindings, {
      ...bindingOf("b", { kind: "Role", name: "r" }),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Pod", name: "r" },
    }),
  ],
  ["a cluster binding to a Role", create(clusterRoleBindings, bindingOf("{ns}", { kind: "Role", name: "r" }))],
  ["a subject without a name", create(roleBindings, bindingOf("b", { kind: "Role", name: "r" }, [{ kind: "User" }]))],
  [
    "a subject of no kind",
    create(roleBindings, bindingOf("b", { kind: "Role", name: "r" }, [{ kind: "Robot", name: "x" }])),
  ],
  [
    "an account without a namespace",
    create(
      clusterRoleBindings,
      bindingOf("{ns}", { kind: "ClusterRole", name: "view" }, [{ kind: "ServiceAccount", name: "x" }]),
    ),
  ],
  ["another role for a binding", bound, patch("merge", `${roleBindings}/b`, { roleRef: { name: "other" } })],
];

/** Who may hand out rights only has those to give that it has itself. */
const grants = create(clusterRoles, {
  metadata: { name: "{ns}" },
  rules: [
    { apiGroups: ["rbac.authorization.k8s.io"], resources: ["*"], verbs: ["create", "update", "patch", "get"] },
    { apiGroups: [""], resources: ["configmaps"], verbs: ["get"] },
  ],
});
const grantsBound: Step[] = [
  grants,
  create(roleBindings, bindingOf("granter", { kind: "ClusterRole", name: "{ns}" })),
  { ...asJane(read(`${roleBindings}/granter`)), until: 200 },
];

const escalations: [name: string, ...steps: Step[]][] = [
  [
    "a role with more rights than one has",
    asJane(create(roles, roleOf("x", ["get", "list"], ["secrets", "configmaps"]))),
  ],
  ["a role with the rights that one has", asJane(create(roles, roleOf("x", ["get"], ["configmaps"])))],
  [
    "a role that grows",
    asJane(create(roles, roleOf("x", ["get"], ["configmaps"]))),
    asJane(patch("merge", `${roles}/x`, { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] })),
    asJane(patch("merge", `${roles}/x`, { metadata: { labels: { a: "b" } } })),
  ],
  [
    "a binding to a role with more rights",
    create(roles, roleOf("x", ["delete"], ["pods"])),
    asJane(create(roleBindings, bindingOf("y", { kind: "Role", name: "x" }))),
  ],
  [
    "a binding to a role with the same rights",
    create(roles, roleOf("x", ["get"], ["configmaps"])),
    asJane(create(roleBindings, bindingOf("y", { kind: "Role", name: "x" }))),
  ],
  [
    "a binding to a role that is not there",
    asJane(create(roleBindings, bindingOf("y", { kind: "Role", name: "none" }))),
  ],
];

const scripts: [name: string, script: Script][] = [
  [
    "the verb escalate lifts the limit",
    async (stage) => {
      await stage.send(
        create(
          clusterRoles,
          roleOf("{ns}-more", ["escalate"], ["roles"], { apiGroups: ["rbac.authorization.k8s.io"] }),
        ),
      );
      await stage.send(create(roleBindings, bindingOf("more", { kind: "ClusterRole", name: "{ns}-more" })));
      const answer = await stage.until(
        asJane(create(`${roles}?dryRun=All`, roleOf("x", ["get"], ["secrets"]))),
        ({ code }) => code === 201,
      );
      return fieldOf(answer.body, "rules");
    },
  ],
  [
    "the verb bind lifts the limit",
    async (stage) => {
      await stage.send(
        create(
          clusterRoles,
          roleOf("{ns}-more", ["bind"], ["clusterroles"], {
            apiGroups: ["rbac.authorization.k8s.io"],
            resourceNames: ["view"],
          }),
        ),
      );
      await stage.send(create(roleBindings, bindingOf("more", { kind: "ClusterRole", name: "{ns}-more" })));
      const binding = (name: string) =>
        asJane(create(`${roleBindings}?dryRun=All`, bindingOf("x", { kind: "ClusterRole", name })));
      const allowed = await stage.until(binding("view"), ({ code }) => code === 201);
      const refused = await stage.send(binding("admin"));
      return { allowed: allowed.code, refused: refused.code };
    },
  ],
];

const toNothing: Script = async (stage) => {
  await stage.send(create(roleBindings, bindingOf("b", { kind: "Role", name: "none" })));
  // Servers read bindings in their own time.
  return stage.until(asJane(read(paths.pods)), ({ body }) => JSON.stringify(body).includes("not found"));
};

const aggregation: Script = async (stage) => {
  const label = { "{ns}.example.com/part": "yes" };
  await stage.send(
    create(clusterRoles, {
      metadata: { name: "{ns}" },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: label }] },
      rules: [{ apiGroups: [""], resources: ["ignored"], verbs: ["get"] }],
    }),
  );
  await stage.send(
    create(clusterRoles, {
      ...roleOf("{ns}-more", ["list"], ["services"]),
      metadata: { name: "{ns}-more", labels: label },
    }),
  );
  await stage.send(create(roleBindings, bindingOf("b", { kind: "ClusterRole", name: "{ns}" })));
  const allowed = await stage.until(asJane(read(paths.services)), ({ code }) => code === 200);
  const { body } = await stage.until(
    read(`${clusterRoles}/{ns}`),
    (answer) => fieldOf(listOf(answer.body, "rules")[0], "resources", "0") === "services",
  );
  await stage.send(remove(`${clusterRoles}/{ns}-more`));
  const refused = await stage.until(asJane(read(paths.services)), ({ code }) => code === 403);
  return { allowed: allowed.code, rules: fieldOf(body, "rules"), refused: refused.code };
};

/** Roles and bindings: what they allow, how refusals read, and who may write them. */
export const rbacScenarios: readonly Scenario[] = [
  ...cases.map(([name, ...steps]) => ({ name: `access: ${name}`, steps })),
  ...clusterCases.map(([name, ...steps]) => ({ name: `access: ${name}`, steps, tearDown: clusterTearDown })),
  ...faults.map(([name, ...steps]) => ({ name: `access: refusing ${name}`, steps, tearDown: clusterTearDown })),
  ...escalations.map(([name, ...steps]) => ({
    name: `access: granting ${name}`,
    setUp: grantsBound,
    steps,
    tearDown: clusterTearDown,
  })),
  ...scripts.map(([name, steps]) => ({
    name: `access: granting: ${name}`,
    setUp: grantsBound,
    steps,
    tearDown: clusterTearDown,
  })),
  { name: "access: a binding to nothing", steps: toNothing },
  { name: "access: a role that is the sum of others", steps: aggregation, tearDown: clusterTearDown },
];
