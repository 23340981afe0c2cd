import { fieldOf } from "../../field-of.ts";
import type { Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";
import { create, patch, read, remove, type Step } from "../../step.ts";
import type { WebhookAnswer, WebhookRequest } from "../../webhook-server.ts";
import { configMap, deployment, paths } from "../objects.ts";
import { install, rule, uninstall, type Webhook } from "./install.ts";

interface Case {
  readonly name: string;
  /** Notes what it wants to have compared besides the answers. */
  readonly webhooks: (notes: unknown[]) => readonly Webhook[];
  readonly steps: readonly Step[];
  readonly differs?: string;
}

const allow: WebhookAnswer = () => ({ allowed: true });
const setData =
  (key: string, value: string): WebhookAnswer =>
  () =>
    jsonPatch([{ op: "add", path: `/data/${key}`, value }]);
const jsonPatch = (operations: readonly object[]): object => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});
const deny =
  (status: object): WebhookAnswer =>
  () => ({ allowed: false, status });
const validating = (name: string, answer: WebhookAnswer, more?: object): Webhook => ({
  kind: "validating",
  name,
  answer,
  ...(more ? { more } : {}),
});
const mutating = (name: string, answer: WebhookAnswer, more?: object): Webhook => ({
  kind: "mutating",
  name,
  answer,
  ...(more ? { more } : {}),
});
const made = create(paths.configMaps, configMap("a", { k: "v" }));
const one = `${paths.configMaps}/a`;
const noteRequest =
  (notes: unknown[]): WebhookAnswer =>
  (request) => {
    notes.push(shown(request));
    return { allowed: true };
  };

/** All of a request but who made it: the two administrators have different names. */
function shown({ userInfo: _userInfo, ...rest }: WebhookRequest): unknown {
  return rest;
}

const once = (name: string, webhook: Webhook, ...steps: Step[]): Case => ({ name, webhooks: () => [webhook], steps });

const olderAutoscalers = {
  operations: ["*"],
  apiGroups: ["autoscaling"],
  apiVersions: ["v1"],
  resources: ["horizontalpodautoscalers"],
};
const autoscaler = {
  metadata: { name: "a" },
  spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "none" } },
};

const cases: Case[] = [
  once("a refusal without a reason", validating("v", deny({})), made),
  once("a refusal with a message", validating("v", deny({ message: "not here" })), made),
  once("a refusal with a code", validating("v", deny({ code: 409, reason: "Conflict", message: "taken" })), made),
  once("a refusal with a reason", validating("v", deny({ reason: "because" })), made),
  once("a refusal of a mutating one", mutating("m", deny({ message: "no" })), made),
  once("a patch", mutating("m", setData("added", "1")), made),
  once(
    "a patch on dry run",
    mutating("m", setData("added", "1")),
    create(`${paths.configMaps}?dryRun=All`, configMap("a", { k: "v" })),
    read(one),
  ),
  once(
    "a patch that does not fit",
    mutating("m", () => jsonPatch([{ op: "remove", path: "/data/none" }])),
    made,
  ),
  once(
    "a patch that makes the object invalid",
    mutating("m", () => jsonPatch([{ op: "add", path: "/metadata/labels", value: { "a b": "c" } }])),
    made,
  ),
  once(
    "warnings",
    validating("v", () => ({ allowed: true, warnings: ["mind the gap", "and the step"] })),
    made,
  ),
  once(
    "warnings of a refusal",
    validating("v", () => ({ allowed: false, warnings: ["mind the gap"] })),
    made,
  ),
  once(
    "a refused update",
    validating("v", ({ operation }) => ({ allowed: operation !== "UPDATE" })),
    made,
    patch("merge", one, { data: { k: "w" } }),
    read(one),
  ),
  once(
    "a refused deletion",
    validating("v", ({ operation }) => ({ allowed: operation !== "DELETE" })),
    made,
    remove(one),
    read(one),
  ),
  once(
    "a refused deletion of a collection",
    validating("v", ({ name }) => ({ allowed: name !== "a" || undefined })),
    made,
  ),
  once(
    "a patch of an update",
    mutating("m", setData("added", "1")),
    made,
    patch("merge", one, { data: { added: null } }),
  ),
  once(
    "a patch of an apply",
    mutating("m", setData("added", "1")),
    patch("apply", `${one}?fieldManager=x`, configMap("a", { k: "v" })),
  ),
  once(
    "a match condition that holds",
    validating("v", deny({}), { matchConditions: [{ name: "only-a", expression: "object.metadata.name == 'a'" }] }),
    made,
  ),
  once(
    "a match condition that does not hold",
    validating("v", deny({}), { matchConditions: [{ name: "only-b", expression: "object.metadata.name == 'b'" }] }),
    made,
  ),
  once(
    "a match condition about the request",
    validating("v", deny({}), {
      matchConditions: [{ name: "creates", expression: "request.operation == 'CREATE' && !has(request.subResource)" }],
    }),
    made,
  ),
  once(
    "a match condition that fails",
    validating("v", deny({}), { matchConditions: [{ name: "wrong", expression: "object.spec.nothing == 'b'" }] }),
    made,
  ),
  once(
    "a match condition that fails and is ignored",
    validating("v", deny({}), {
      failurePolicy: "Ignore",
      matchConditions: [{ name: "wrong", expression: "object.spec.nothing == 'b'" }],
    }),
    made,
  ),
  once(
    "an object selector",
    validating("v", deny({}), { objectSelector: { matchLabels: { x: "y" } } }),
    made,
    create(paths.configMaps, configMap("b", {}, { labels: { x: "y" } })),
    patch("merge", one, { metadata: { labels: { x: "y" } } }),
  ),
  once("rules of another resource", validating("v", deny({}), { rules: [{ ...rule, resources: ["secrets"] }] }), made),
  once("rules of another operation", validating("v", deny({}), { rules: [{ ...rule, operations: ["DELETE"] }] }), made),
  once("rules of another scope", validating("v", deny({}), { rules: [{ ...rule, scope: "Cluster" }] }), made),
  {
    name: "mutating ones in the order of their names, validating ones after them",
    webhooks: (notes) => {
      const noting =
        (name: string): WebhookAnswer =>
        ({ object }) => {
          notes.push({ name, data: fieldOf(object, "data") });
          return jsonPatch([{ op: "add", path: `/data/${name}`, value: name }]);
        };
      return [
        mutating("m2", noting("m2")),
        mutating("m1", noting("m1")),
        validating("v", ({ object }) => {
          notes.push({ name: "v", data: fieldOf(object, "data") });
          return { allowed: true };
        }),
      ];
    },
    steps: [made],
  },
  {
    name: "one that is asked again after others",
    webhooks: (notes) => [
      mutating(
        "m1",
        ({ object }) => {
          notes.push(fieldOf(object, "data"));
          return { allowed: true };
        },
        { reinvocationPolicy: "IfNeeded" },
      ),
      mutating("m2", setData("added", "1")),
    ],
    steps: [made],
  },
  {
    name: "one that is not asked again",
    webhooks: (notes) => [
      mutating("m1", ({ object }) => {
        notes.push(fieldOf(object, "data"));
        return { allowed: true };
      }),
      mutating("m2", setData("added", "1")),
    ],
    steps: [made],
  },
  {
    name: "what a webhook is told of a creation",
    webhooks: (notes) => [validating("v", noteRequest(notes))],
    steps: [made],
  },
  {
    name: "what a webhook is told of an update",
    webhooks: (notes) => [validating("v", noteRequest(notes), { rules: [{ ...rule, operations: ["UPDATE"] }] })],
    steps: [made, patch("merge", one, { data: { k: "w" } })],
  },
  {
    name: "what a webhook is told of a deletion",
    webhooks: (notes) => [validating("v", noteRequest(notes), { rules: [{ ...rule, operations: ["DELETE"] }] })],
    steps: [made, remove(one, { propagationPolicy: "Background" })],
  },
  {
    name: "what a webhook is told of a dry run",
    webhooks: (notes) => [
      validating("v", ({ name, dryRun }) => {
        notes.push({ name, dryRun });
        return { allowed: true };
      }),
    ],
    steps: [create(`${paths.configMaps}?dryRun=All`, configMap("a"))],
  },
  {
    // Rules name another version than the one that is written: the webhook sees its own.
    name: "what a webhook is told of another version of a resource",
    webhooks: (notes) => [validating("v", noteRequest(notes), { rules: [olderAutoscalers] })],
    steps: [create(paths.autoscalers, autoscaler)],
  },
  {
    name: "a patch of another version of a resource",
    webhooks: () => [
      mutating("m", () => jsonPatch([{ op: "replace", path: "/spec/maxReplicas", value: 5 }]), {
        rules: [olderAutoscalers],
      }),
    ],
    steps: [create(paths.autoscalers, autoscaler)],
  },
  {
    name: "another version of a resource, exactly",
    webhooks: (notes) => [validating("v", noteRequest(notes), { rules: [olderAutoscalers], matchPolicy: "Exact" })],
    steps: [create(paths.autoscalers, autoscaler)],
  },
  {
    name: "what a webhook is told of a scale",
    webhooks: (notes) => [
      validating("v", noteRequest(notes), { rules: [{ ...rule, resources: ["deployments/scale"] }] }),
    ],
    steps: [
      create(paths.deployments, deployment("a")),
      // A write of the controller's in between would make the server ask twice.
      { ...read(`${paths.deployments}/a`), until: ({ body }) => fieldOf(body, "status", "observedGeneration") === 1 },
      patch("merge", `${paths.deployments}/a/scale`, { spec: { replicas: 0 } }),
    ],
  },
  {
    name: "what a webhook is told of an apply",
    webhooks: (notes) => [
      validating("v", ({ operation, options }) => {
        notes.push({ operation, options });
        return { allowed: true };
      }),
    ],
    steps: [patch("apply", `${one}?fieldManager=x&force=true`, configMap("a", { k: "v" }))],
  },
  once(
    "one that does not answer",
    validating("v", () => undefined, { timeoutSeconds: 1 }),
    made,
  ),
  once(
    "one that does not answer and is ignored",
    validating("v", () => undefined, { timeoutSeconds: 1, failurePolicy: "Ignore" }),
    made,
  ),
  once(
    "one that answers nonsense",
    validating("v", () => ({ uid: "other", allowed: true })),
    made,
  ),
  once(
    "one that nobody serves, ignored",
    validating("v", allow, { failurePolicy: "Ignore", clientConfig: { url: "https://127.0.0.1:9/none" } }),
    made,
  ),
];

/** Admission webhooks: who is asked, in which order, and what their answers do. */
export const webhookCallScenarios: readonly Scenario[] = cases.map(({ name, webhooks, steps, differs }) => ({
  name: `webhooks: ${name}`,
  ...(differs ? { differs } : {}),
  steps: async (stage: Stage) => {
    const notes: unknown[] = [];
    const installed = webhooks(notes);
    try {
      await install(stage, installed);
      const answers = await stage.sendAll(steps);
      // A copy: servers may ask about other things until they hear that the webhook is gone.
      return { answers, notes: [...notes] };
    } finally {
      await uninstall(stage, installed);
    }
  },
}));
