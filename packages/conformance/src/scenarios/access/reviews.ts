import { fieldOf, listOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";
import { create, read, type Step } from "../../step.ts";
import { configMap, paths } from "../objects.ts";
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

const group = "/apis/authorization.k8s.io/v1";
const authentication = "/apis/authentication.k8s.io/v1";
const pods = { namespace: "{ns}", verb: "list", resource: "pods" };
const self = (spec: object): Step => create(`${group}/selfsubjectaccessreviews`, { spec });
const other = (spec: object): Step => create(`${group}/subjectaccessreviews`, { spec });
const local = (spec: object): Step => create(`${group}/namespaces/{ns}/localsubjectaccessreviews`, { spec });
const whoAmI = create(`${authentication}/selfsubjectreviews`, {});
const given: Step[] = [
  create(roles, roleOf("r", ["list"], ["pods"])),
  create(roleBindings, bindingOf("b", { kind: "Role", name: "r" })),
  { ...asJane(read(paths.pods)), until: 200 },
];

const cases: [name: string, ...steps: Step[]][] = [
  ["of the administrator", self({ resourceAttributes: pods })],
  ["of a user without rights", asJane(self({ resourceAttributes: pods }))],
  [
    "of a user with a role",
    ...given,
    asJane(self({ resourceAttributes: pods })),
    asJane(self({ resourceAttributes: { ...pods, verb: "get" } })),
  ],
  ["about another namespace", ...given, asJane(self({ resourceAttributes: { ...pods, namespace: "default" } }))],
  ["about every namespace", ...given, asJane(self({ resourceAttributes: { verb: "list", resource: "pods" } }))],
  [
    "about a path",
    asJane(self({ nonResourceAttributes: { path: "/openapi/v3", verb: "get" } })),
    asJane(self({ nonResourceAttributes: { path: "/x", verb: "get" } })),
  ],
  ["about nothing", self({})],
  ["about two things", self({ resourceAttributes: pods, nonResourceAttributes: { path: "/x", verb: "get" } })],
  [
    "about selected fields",
    asJane(self({ resourceAttributes: { ...pods, fieldSelector: { rawSelector: "spec.nodeName=x" } } })),
  ],
  [
    "with a name",
    create(`${group}/selfsubjectaccessreviews`, {
      metadata: { name: "x", labels: { a: "b" } },
      spec: { resourceAttributes: pods },
    }),
  ],
  [
    "of somebody else",
    ...given,
    other({ user: jane, resourceAttributes: pods }),
    other({ user: "other", resourceAttributes: pods }),
  ],
  ["of a group", other({ groups: ["system:masters"], resourceAttributes: pods })],
  [
    "of somebody else by groups and extras",
    other({ user: "x", uid: "u", groups: ["g"], extra: { k: ["v"] }, resourceAttributes: pods }),
  ],
  ["of nobody", other({ resourceAttributes: pods })],
  ["by one who may not ask", asJane(other({ user: "x", resourceAttributes: pods }))],
  ["in one namespace", ...given, local({ user: jane, resourceAttributes: pods })],
  ["in one namespace about another", local({ user: jane, resourceAttributes: { ...pods, namespace: "default" } })],
  ["in one namespace about none", local({ user: jane, resourceAttributes: { verb: "list", resource: "pods" } })],
  ["in one namespace about a path", local({ user: jane, nonResourceAttributes: { path: "/x", verb: "get" } })],
  ["that is read", read(`${group}/selfsubjectaccessreviews`), read(`${group}/selfsubjectaccessreviews/x`)],
];

const impersonations: [name: string, ...steps: Step[]][] = [
  ["a user", asJane(whoAmI)],
  ["a user and a group", as(jane, whoAmI, "team")],
  ["a uid", { ...asJane(whoAmI), headers: { "impersonate-user": jane, "impersonate-uid": "u-1" } }],
  [
    "extras",
    {
      ...whoAmI,
      headers: {
        "impersonate-user": jane,
        "impersonate-extra-scopes": "view",
        "impersonate-extra-acme.com%2fproject": "x",
      },
    },
  ],
  ["a ServiceAccount", as("system:serviceaccount:{ns}:default", whoAmI)],
  ["a ServiceAccount of a group", as("system:serviceaccount:{ns}:default", whoAmI, "team")],
  ["nobody", as("system:anonymous", whoAmI)],
  ["an administrator", as(jane, read("/api/v1/namespaces/{ns}/limitranges"), "system:masters")],
  ["a group without a user", { ...whoAmI, headers: { "impersonate-group": "team" } }],
  ["a uid without a user", { ...whoAmI, headers: { "impersonate-uid": "u-1" } }],
  ["extras without a user", { ...whoAmI, headers: { "impersonate-extra-scopes": "view" } }],
  ["an account of a bad name", as("system:serviceaccount:{ns}", whoAmI)],
];

/** A real identity that is nobody's administrator: its own token, for headers to be judged by. */
async function accountToken(stage: Stage, name: string): Promise<string> {
  await stage.send(create(paths.accounts, { metadata: { name } }));
  const { body } = await stage.send(create(`${paths.accounts}/${name}/token`, { spec: {} }));
  return String(fieldOf(body, "status", "token"));
}

const scripts: [name: string, script: Script][] = [
  [
    "impersonating without the right to",
    async (stage) => {
      const authorization = `Bearer ${await accountToken(stage, "robot")}`;
      const attempts: Record<string, string>[] = [
        { "impersonate-user": "x" },
        { "impersonate-user": "system:serviceaccount:{ns}:default" },
        { "impersonate-user": "x", "impersonate-group": "g" },
      ];
      return stage.sendAll(attempts.map((headers) => ({ ...whoAmI, headers: { authorization, ...headers } })));
    },
  ],
  [
    "impersonating one user only",
    async (stage) => {
      const authorization = `Bearer ${await accountToken(stage, "robot")}`;
      await stage.send(create(clusterRoles, roleOf("{ns}", ["impersonate"], ["users"], { resourceNames: [jane] })));
      const robot = [{ kind: "ServiceAccount", name: "robot", namespace: "{ns}" }];
      await stage.send(create(clusterRoleBindings, bindingOf("{ns}", { kind: "ClusterRole", name: "{ns}" }, robot)));
      const headers = { authorization, "impersonate-user": jane };
      const allowed = await stage.until({ ...whoAmI, headers }, ({ code }) => code === 201);
      const refused = [
        { ...headers, "impersonate-user": "other" },
        { ...headers, "impersonate-group": "g" },
        { ...headers, "impersonate-uid": "u" },
        { ...headers, "impersonate-extra-k": "v" },
      ];
      return [allowed, ...(await stage.sendAll(refused.map((each) => ({ ...whoAmI, headers: each }))))];
    },
  ],
  [
    "the rules of a user",
    async (stage) => {
      await stage.sendAll(given);
      const ask = create(`${group}/selfsubjectrulesreviews`, { spec: { namespace: "{ns}" } });
      const { body } = await stage.send(asJane(ask));
      // Neither the order of rules nor that of their fields says anything.
      const sorted = (name: string) =>
        listOf(body, "status", name)
          .map((rule) => JSON.stringify(Object.entries(Object(rule)).sort()))
          .sort();
      return {
        resourceRules: sorted("resourceRules"),
        nonResourceRules: sorted("nonResourceRules"),
        incomplete: fieldOf(body, "status", "incomplete"),
        faults: await stage.send(create(`${group}/selfsubjectrulesreviews`, { spec: {} })),
      };
    },
  ],
  [
    "an impersonated user owns what it applies",
    async (stage) => {
      await stage.send(create(roleBindings, bindingOf("b", { kind: "ClusterRole", name: "edit" })));
      const { body } = await stage.until(asJane(create(paths.configMaps, configMap("a"))), ({ code }) => code === 201);
      return body;
    },
  ],
];

/** Questions about rights, and acting as somebody else. */
export const reviewScenarios: readonly Scenario[] = [
  ...cases.map(([name, ...steps]) => ({ name: `access: a review ${name}`, steps })),
  ...impersonations.map(([name, ...steps]) => ({ name: `access: impersonating ${name}`, steps })),
  ...scripts.map(([name, steps]) => ({ name: `access: ${name}`, steps, tearDown: clusterTearDown })),
];
