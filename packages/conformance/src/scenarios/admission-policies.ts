import { fieldOf } from "../field-of.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, remove, replace, type Step } from "../step.ts";
import { configMap, deployment, paths } from "./objects.ts";

const group = "/apis/admissionregistration.k8s.io/v1";
const policies = `${group}/validatingadmissionpolicies`;
const bindings = `${group}/validatingadmissionpolicybindings`;
const rules = [
  {
    apiGroups: ["", "apps"],
    apiVersions: ["v1"],
    operations: ["CREATE", "UPDATE", "DELETE"],
    resources: ["configmaps", "deployments", "deployments/scale"],
  },
];
const inNamespace = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "{ns}" } } };
const maps = paths.configMaps;
const one = `${maps}/a`;

const policy = (spec: object, name = "{ns}"): object => ({
  metadata: { name },
  spec: { matchConstraints: { resourceRules: rules }, ...spec },
});
const binding = (more: object = {}, name = "{ns}"): object => ({
  metadata: { name },
  spec: { policyName: "{ns}", validationActions: ["Deny"], matchResources: inNamespace, ...more },
});
const valid = (expression: string, more: object = {}): object => ({ validations: [{ expression, ...more }] });
/** Something that is refused as soon as a policy is in force: servers compile policies in their own time. */
const marker = { expression: "object == null || object.metadata.name != 'probe'", message: "in force" };
const probe = create(`${maps}?dryRun=All`, configMap("probe"));
const isForce = ({ body, warnings }: { body: unknown; warnings: readonly string[] }): boolean =>
  `${JSON.stringify(body)} ${warnings.join()}`.includes("in force");

interface Case {
  readonly spec: object;
  readonly binding?: object;
  /** What must be there before, such as parameters. */
  readonly before?: readonly Step[];
  readonly steps: readonly Step[];
  readonly differs?: string;
}

const made = create(maps, configMap("a", { k: "v" }));
const noEmpty = "!has(object.data) || !('k' in object.data) || object.data.k != 'no'";
const refusedMap = create(maps, configMap("a", { k: "no" }));

const cases: Readonly<Record<string, Case>> = {
  "a refusal": { spec: valid(noEmpty), steps: [refusedMap, made] },
  "a refusal with a message": { spec: valid(noEmpty, { message: "k must not be no" }), steps: [refusedMap] },
  "a refusal with a message that is made": {
    spec: valid(noEmpty, { messageExpression: "'not ' + object.data.k" }),
    steps: [refusedMap],
  },
  "a message that cannot be made": {
    spec: valid(noEmpty, { message: "the other one", messageExpression: "string(object.none)" }),
    steps: [refusedMap],
  },
  "a refusal with a reason": { spec: valid(noEmpty, { reason: "Forbidden" }), steps: [refusedMap] },
  "a refusal with another reason": { spec: valid(noEmpty, { reason: "RequestEntityTooLarge" }), steps: [refusedMap] },
  "two refusals": {
    spec: {
      validations: [
        { expression: noEmpty, message: "first" },
        { expression: noEmpty, message: "second" },
      ],
    },
    steps: [refusedMap],
  },
  warnings: {
    spec: valid(noEmpty, { message: "careful" }),
    binding: { validationActions: ["Warn"] },
    steps: [refusedMap],
  },
  "warnings and refusals": {
    spec: valid(noEmpty),
    binding: { validationActions: ["Deny", "Audit"] },
    steps: [refusedMap],
  },
  "a dry run": { spec: valid(noEmpty), steps: [{ ...refusedMap, path: `${maps}?dryRun=All` }] },
  "an update": {
    spec: valid("oldObject == null || object == null || object.data.k == oldObject.data.k", { message: "k is fixed" }),
    steps: [
      made,
      replace(one, configMap("a", { k: "w" })),
      patch("merge", one, { metadata: { labels: { x: "y" } } }),
      patch("apply", `${one}?fieldManager=x&force=true`, configMap("a", { k: "z" })),
    ],
  },
  "a deletion": {
    spec: valid("request.operation != 'DELETE' || oldObject.metadata.name != 'a'", { message: "a stays" }),
    steps: [made, create(maps, configMap("b")), remove(one), remove(`${maps}/b`), remove(maps)],
  },
  "what is asked": {
    spec: valid("request.operation != 'CREATE' || request.name != 'a'", {
      messageExpression:
        "request.kind.kind + ' ' + request.resource.resource + ' ' + request.namespace + ' ' + string(request.dryRun)",
    }),
    steps: [made],
  },
  "who asks": {
    spec: valid("request.userInfo.username != 'jane'", {
      messageExpression: "request.userInfo.username + ' is a stranger'",
    }),
    steps: [{ ...made, headers: { "impersonate-user": "jane", "impersonate-group": "system:masters" } }, made],
  },
  "the namespace": {
    spec: valid("namespaceObject.metadata.name == 'none' || object.metadata.name != 'a'", {
      messageExpression: "'in ' + namespaceObject.metadata.name",
    }),
    steps: [made],
  },
  variables: {
    spec: {
      variables: [
        { name: "data", expression: "has(object.data) ? object.data : {}" },
        { name: "isNo", expression: "'k' in variables.data && variables.data.k == 'no'" },
      ],
      ...valid("!variables.isNo", { messageExpression: "'has ' + string(variables.data.size())" }),
    },
    steps: [refusedMap, made],
  },
  "a condition": {
    spec: {
      ...valid(noEmpty),
      matchConditions: [
        {
          name: "labelled",
          expression: "has(object.metadata.labels) && 'x' in object.metadata.labels || object.metadata.name == 'probe'",
        },
      ],
    },
    steps: [refusedMap, create(maps, configMap("b", { k: "no" }, { labels: { x: "y" } }))],
  },
  "an expression that fails": {
    spec: valid("object.data.none == 'x' || object.metadata.name == 'probe'"),
    steps: [made],
  },
  "an expression that fails and is ignored": {
    spec: { ...valid("object.data.none == 'x' || object.metadata.name == 'probe'"), failurePolicy: "Ignore" },
    steps: [made],
  },
  "objects by label": {
    spec: valid(noEmpty),
    binding: {
      matchResources: {
        ...inNamespace,
        objectSelector: { matchExpressions: [{ key: "skip", operator: "DoesNotExist" }] },
      },
    },
    steps: [create(maps, configMap("b", { k: "no" }, { labels: { skip: "y" } })), refusedMap],
  },
  "resources left out": {
    spec: {
      ...valid("object.metadata.name == 'none'"),
      matchConstraints: { resourceRules: rules, excludeResourceRules: [{ ...rules[0], resourceNames: ["a"] }] },
    },
    steps: [made, create(maps, configMap("b"))],
  },
  "a Deployment": {
    spec: valid("!has(object.spec.replicas) || object.spec.replicas <= 1", { message: "too many" }),
    steps: [
      create(paths.deployments, deployment("a")),
      patch("merge", `${paths.deployments}/a`, { spec: { replicas: 2 } }),
      patch("merge", `${paths.deployments}/a/scale`, { spec: { replicas: 3 } }),
    ],
  },
  "a parameter": {
    spec: {
      paramKind: { apiVersion: "v1", kind: "Secret" },
      ...valid("!has(object.data) || !('k' in object.data) || object.data.k != params.metadata.labels.forbidden", {
        messageExpression: "'not ' + params.metadata.labels.forbidden",
      }),
    },
    binding: { paramRef: { name: "p", namespace: "{ns}", parameterNotFoundAction: "Deny" } },
    before: [create(paths.secrets, { metadata: { name: "p", labels: { forbidden: "no" } } })],
    steps: [refusedMap, made],
  },
  "parameters by label": {
    spec: {
      paramKind: { apiVersion: "v1", kind: "Secret" },
      ...valid("!has(object.data) || !('k' in object.data) || object.data.k != params.metadata.labels.forbidden", {
        messageExpression: "'not ' + params.metadata.labels.forbidden",
      }),
    },
    binding: { paramRef: { selector: { matchLabels: { set: "{ns}" } }, parameterNotFoundAction: "Deny" } },
    before: ["no", "never"].map((name) =>
      create(paths.secrets, { metadata: { name, labels: { forbidden: name, set: "{ns}" } } }),
    ),
    steps: [refusedMap, create(maps, configMap("a", { k: "never" })), made],
  },
  "resources by equivalence": {
    spec: {
      ...valid("object.metadata.name != 'h'", { message: "not that one" }),
      matchConstraints: {
        resourceRules: [
          ...rules,
          {
            apiGroups: ["autoscaling"],
            apiVersions: ["v1"],
            operations: ["*"],
            resources: ["horizontalpodautoscalers"],
          },
        ],
      },
    },
    steps: [
      create(paths.autoscalers, {
        metadata: { name: "h" },
        spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "none" } },
      }),
    ],
  },
};

/** The policy has one validation more, by which it is seen that it is in force. */
const withMarker = (spec: object): object => {
  const { validations, ...rest } = Object(spec);
  return policy({ ...rest, validations: [marker, ...(Array.isArray(validations) ? validations : [])] });
};

async function play(stage: Stage, { spec, binding: more = {}, before = [], steps }: Case): Promise<unknown> {
  await stage.sendAll([...before, create(policies, withMarker(spec)), create(bindings, binding(more))]);
  await stage.until(probe, isForce);
  return stage.sendAll(steps);
}

const faults: [name: string, ...steps: Step[]][] = [
  ["a policy with defaults", create(policies, policy(valid("true")))],
  [
    "a binding with defaults",
    create(bindings, { metadata: { name: "{ns}" }, spec: { policyName: "none", validationActions: ["Deny"] } }),
  ],
  ["a policy without rules", create(policies, { metadata: { name: "{ns}" }, spec: valid("true") })],
  ["a policy without resource rules", create(policies, policy({ ...valid("true"), matchConstraints: {} }))],
  ["a policy without validations", create(policies, policy({}))],
  ["an empty expression", create(policies, policy(valid(" ")))],
  ["an unknown failure policy", create(policies, policy({ ...valid("true"), failurePolicy: "Retry" }))],
  ["an unknown reason", create(policies, policy(valid("true", { reason: "Odd" })))],
  ["a message of two lines", create(policies, policy(valid("true", { message: "a\nb" })))],
  [
    "a variable twice",
    create(
      policies,
      policy({
        ...valid("true"),
        variables: [
          { name: "a", expression: "1" },
          { name: "a", expression: "2" },
        ],
      }),
    ),
  ],
  [
    "a variable of a bad name",
    create(policies, policy({ ...valid("true"), variables: [{ name: "a b", expression: "1" }] })),
  ],
  [
    "a condition twice",
    create(
      policies,
      policy({
        ...valid("true"),
        matchConditions: [
          { name: "a", expression: "true" },
          { name: "a", expression: "true" },
        ],
      }),
    ),
  ],
  ["a parameter kind without a version", create(policies, policy({ ...valid("true"), paramKind: { kind: "Secret" } }))],
  ["a binding without a policy", create(bindings, binding({ policyName: "" }))],
  ["a binding without actions", create(bindings, binding({ validationActions: [] }))],
  ["a binding with an unknown action", create(bindings, binding({ validationActions: ["Scold"] }))],
  ["a binding that refuses and warns", create(bindings, binding({ validationActions: ["Deny", "Warn"] }))],
  ["a binding with an action twice", create(bindings, binding({ validationActions: ["Deny", "Deny"] }))],
  [
    "a parameter by name and label",
    create(bindings, binding({ paramRef: { name: "a", selector: {}, parameterNotFoundAction: "Deny" } })),
  ],
  ["a parameter by nothing", create(bindings, binding({ paramRef: { parameterNotFoundAction: "Deny" } }))],
  ["a parameter without what to do otherwise", create(bindings, binding({ paramRef: { name: "a" } }))],
  [
    "a rule without operations",
    create(
      policies,
      policy({ ...valid("true"), matchConstraints: { resourceRules: [{ ...rules[0], operations: [] }] } }),
    ),
  ],
];

const missing =
  (action: string): ((stage: Stage) => Promise<unknown>) =>
  async (stage) => {
    const spec = { paramKind: { apiVersion: "v1", kind: "Secret" }, ...valid("false") };
    const paramRef = { name: "none", namespace: "{ns}", parameterNotFoundAction: action };
    await stage.sendAll([create(policies, policy(spec)), create(bindings, binding({ paramRef }))]);
    // Nothing tells when a policy is in force that lets everything through.
    const asked = { ...made, path: `${maps}?dryRun=All` };
    return action === "Deny" ? stage.until(asked, ({ code }) => code !== 201) : stage.send(made);
  };

const lifeOfPolicy = async (stage: Stage): Promise<unknown> => {
  await stage.sendAll([
    create(policies, withMarker(valid("object.metadata.name != 'a'"))),
    create(bindings, binding()),
  ]);
  await stage.until(probe, isForce);
  const { body } = await stage.until(
    read(`${policies}/{ns}`),
    (answer) => fieldOf(answer.body, "status", "observedGeneration") === 1,
  );
  await stage.send(remove(`${bindings}/{ns}`));
  const freed = await stage.until(refusedMap, ({ code }) => code === 201);
  return { status: fieldOf(body, "status"), freed: freed.code };
};

const tearDown = [remove(`${bindings}/{ns}`), remove(`${policies}/{ns}`)];

/** ValidatingAdmissionPolicies and their bindings. */
export const admissionPolicyScenarios: readonly Scenario[] = [
  ...Object.entries(cases).map(([name, each]) => ({
    name: `admission policies: ${name}`,
    steps: (stage: Stage) => play(stage, each),
    tearDown,
    ...(each.differs === undefined ? {} : { differs: each.differs }),
  })),
  ...faults.map(([name, ...steps]) => ({ name: `admission policies: written with ${name}`, steps, tearDown })),
  { name: "admission policies: a parameter that is not there", steps: missing("Deny"), tearDown },
  { name: "admission policies: a parameter that need not be there", steps: missing("Allow"), tearDown },
  { name: "admission policies: in force and out of it", steps: lifeOfPolicy, tearDown },
];
