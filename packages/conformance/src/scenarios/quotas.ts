import { fieldOf } from "../field-of.ts";
import type { Scenario, Script } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, remove, type Step, type StepAnswer } from "../step.ts";
import { configMap, deployment, paths, podSpec } from "./objects.ts";

const one = `${paths.quotas}/q`;
const quota = (hard: object, more: object = {}): Step =>
  create(paths.quotas, { metadata: { name: "q" }, spec: { hard, ...more } });
const isUsed =
  (entry: string, used: string) =>
  ({ body }: StepAnswer) =>
    fieldOf(body, "status", "used", entry) === used;
const secret = (name: string): Step => create(paths.secrets, { metadata: { name } });
const service = (name: string, type = "ClusterIP"): Step =>
  create(paths.services, { metadata: { name }, spec: { type, ports: [{ port: 80 }] } });
const pod = (name: string): Step =>
  create(paths.pods, { metadata: { name }, spec: podSpec({ schedulerName: "none" }) });
/** Upstream's controller counts anew from what it has heard of so far, so that a moment may be let through: asked, not made, until it is refused. */
const refused = (step: Step): Step => ({ ...step, path: `${step.path}?dryRun=All`, until: 403 });

/**
 * Waits until the server holds requests against what it has been told so far: it hears of quotas in their order, and
 * nothing else tells that it has heard of one that lets the next object through.
 */
async function inForce(stage: Stage): Promise<void> {
  const spec = { hard: { "count/leases.coordination.k8s.io": "0" } };
  await stage.send(create(paths.quotas, { metadata: { name: "zero" }, spec }));
  await stage.send({ ...create(`${paths.leases}?dryRun=All`, { metadata: { name: "probe" }, spec: {} }), until: 403 });
}

/** Sends steps once the quota says how much of an entry is used: servers count in their own time. */
const counted =
  (hard: object, entry: string, ...steps: Step[]): Script =>
  async (stage) => {
    const answers = [await stage.send(quota(hard))];
    const { body } = await stage.until(
      read(one),
      ({ body: found }) => fieldOf(found, "status", "used", entry) !== undefined,
    );
    await inForce(stage);
    return [...answers, fieldOf(body, "status"), ...(await stage.sendAll(steps))];
  };

const scripts: [name: string, script: Script][] = [
  ["Secrets by their name", counted({ secrets: "1" }, "secrets", secret("a"), refused(secret("b")))],
  ["Secrets by the newer form", counted({ "count/secrets": "1" }, "count/secrets", secret("a"), refused(secret("b")))],
  [
    "Deployments",
    counted(
      { "count/deployments.apps": "1" },
      "count/deployments.apps",
      create(paths.deployments, deployment("a")),
      refused(create(paths.deployments, deployment("b"))),
    ),
  ],
  ["pods", counted({ pods: "1" }, "pods", pod("a"), refused(pod("b")))],
  [
    "ConfigMaps beside what is there",
    counted(
      { configmaps: "2" },
      "configmaps",
      create(paths.configMaps, configMap("a")),
      refused(create(paths.configMaps, configMap("b"))),
    ),
  ],
  ["nothing at all", counted({ services: "0" }, "services", service("a"))],
  [
    "NodePorts",
    counted(
      { "services.nodeports": "1" },
      "services.nodeports",
      service("a"),
      service("b", "NodePort"),
      refused(service("c", "NodePort")),
    ),
  ],
  [
    "two entries of one kind",
    counted({ secrets: "1", "count/secrets": "1" }, "secrets", secret("a"), refused(secret("b"))),
  ],
  [
    "on a dry run",
    counted(
      { secrets: "1" },
      "secrets",
      { ...secret("a"), path: `${paths.secrets}?dryRun=All` },
      secret("b"),
      refused(secret("c")),
    ),
  ],
  [
    "changes of what is there",
    counted({ secrets: "1" }, "secrets", secret("a"), patch("merge", `${paths.secrets}/a`, { stringData: { k: "v" } })),
  ],
  [
    "an apply that creates",
    counted(
      { secrets: "0" },
      "secrets",
      patch("apply", `${paths.secrets}/a?fieldManager=x`, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "a" },
      }),
    ),
  ],
  ["kinds that are not counted", counted({ secrets: "0" }, "secrets", create(paths.configMaps, configMap("a")))],
  [
    "what is deleted is free again",
    async (stage) => {
      await stage.send(quota({ secrets: "1" }));
      await stage.until(read(one), isUsed("secrets", "0"));
      await inForce(stage);
      await stage.send(secret("a"));
      await stage.until(read(one), isUsed("secrets", "1"));
      const full = await stage.send(refused(secret("b")));
      await stage.send(remove(`${paths.secrets}/a`));
      return [full.code, (await stage.send({ ...secret("b"), until: 201 })).code];
    },
  ],
  [
    "a quota that is raised",
    async (stage) => {
      await stage.send(quota({ secrets: "0" }));
      await stage.until(read(one), isUsed("secrets", "0"));
      await inForce(stage);
      const full = await stage.send(secret("a"));
      await stage.send(patch("merge", one, { spec: { hard: { secrets: "1" } } }));
      await stage.until(read(one), ({ body }) => fieldOf(body, "status", "hard", "secrets") === "1");
      return [full.code, (await stage.send({ ...secret("a"), until: 201 })).code];
    },
  ],
  [
    "two quotas",
    async (stage) => {
      const named = (name: string, hard: object) => create(paths.quotas, { metadata: { name }, spec: { hard } });
      await stage.sendAll([named("x", { secrets: "5" }), named("y", { secrets: "0" })]);
      for (const name of ["x", "y"]) await stage.until(read(`${paths.quotas}/${name}`), isUsed("secrets", "0"));
      await inForce(stage);
      return stage.send(secret("a"));
    },
  ],
  [
    "pods that have ended",
    async (stage) => {
      await stage.send(quota({ pods: "1" }));
      await stage.until(read(one), isUsed("pods", "0"));
      await inForce(stage);
      await stage.send(pod("a"));
      const full = await stage.send(refused(pod("b")));
      await stage.send(patch("merge", `${paths.pods}/a/status`, { status: { phase: "Succeeded" } }));
      return [full, (await stage.send({ ...pod("b"), until: 201 })).code];
    },
  ],
];

const cases: [name: string, ...steps: Step[]][] = [
  ["defaults", quota({ pods: 3, "requests.cpu": "1000m", "count/jobs.batch": "2" })],
  ["a negative amount", quota({ pods: "-1" })],
  ["an amount that is none", quota({ pods: "many" })],
  ["a fraction of a count", quota({ pods: "1500m" })],
  ["an unknown resource", quota({ frobs: "1" })],
  ["a resource of a domain", quota({ "requests.example.com/gpu": "1" })],
  ["an unknown scope", quota({ pods: "1" }, { scopes: ["Sometimes"] })],
  ["a scope that does not go with a resource", quota({ services: "1" }, { scopes: ["BestEffort"] })],
  ["scopes that exclude each other", quota({ pods: "1" }, { scopes: ["BestEffort", "NotBestEffort"] })],
  [
    "other scopes later",
    quota({ pods: "1" }, { scopes: ["BestEffort"] }),
    patch("merge", one, { spec: { scopes: ["Terminating"] } }),
  ],
];

/** Only the stage's answers are compared, and a quota's own status changes in its own time. */
const named = (name: string, steps: Script | readonly Step[]): Scenario => ({ name: `quotas: ${name}`, steps });

/** Quotas by count. */
export const quotaScenarios: readonly Scenario[] = [
  ...scripts.map(([name, steps]) => named(name, (stage: Stage) => steps(stage))),
  ...cases.map(([name, ...steps]) => named(`written with ${name}`, steps)),
];
