import { remove, type Step } from "../../step.ts";

/** A user of the scenario's own: rights are given to nobody else by accident. */
export const jane = "jane-{ns}";

const impersonation = (user: string, groups: readonly string[]): Record<string, string> => ({
  "impersonate-user": user,
  // Both servers take several values of the header; one is enough here.
  ...(groups[0] === undefined ? {} : { "impersonate-group": groups[0] }),
});

/** The step as another user sends it. */
export const as = (user: string, step: Step, group?: string): Step => ({
  ...step,
  headers: { ...step.headers, ...impersonation(user, group === undefined ? [] : [group]) },
});

/** The step as the user of the scenario sends it. */
export const asJane = (step: Step): Step => as(jane, step);

/** The step with a token instead of the administrator's; an empty one is nobody's. */
export const withToken = (token: string, step: Step): Step => ({
  ...step,
  headers: { ...step.headers, authorization: token === "" ? "" : `Bearer ${token}` },
});

const rbac = "/apis/rbac.authorization.k8s.io/v1";
export const roles = `${rbac}/namespaces/{ns}/roles`;
export const roleBindings = `${rbac}/namespaces/{ns}/rolebindings`;
export const clusterRoles = `${rbac}/clusterroles`;
export const clusterRoleBindings = `${rbac}/clusterrolebindings`;

/** A role with one rule. */
export const roleOf = (name: string, verbs: readonly string[], resources: readonly string[], more: object = {}) => ({
  metadata: { name },
  rules: [{ apiGroups: [""], resources, verbs, ...more }],
});

/** A binding of a role to the scenario's user, or to other subjects. */
export const bindingOf = (
  name: string,
  roleRef: { kind: "Role" | "ClusterRole"; name: string },
  subjects: readonly object[] = [{ kind: "User", name: jane }],
) => ({ metadata: { name }, roleRef: { apiGroup: "rbac.authorization.k8s.io", ...roleRef }, subjects });

/** What a scenario leaves outside its namespace, by names that hold the namespace's. */
export const clusterTearDown: readonly Step[] = [
  remove(`${clusterRoleBindings}/{ns}`),
  remove(`${clusterRoles}/{ns}`),
  remove(`${clusterRoles}/{ns}-more`),
];
