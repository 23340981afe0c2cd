import { fieldOf, listOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import { create, patch, read, type Step } from "../../step.ts";
import { paths, podSpec } from "../objects.ts";
import { conditionsOf, eventsOf, meta, nameOf, podsOf, scenariosOf, stem } from "./play.ts";

const job = (spec: object = {}): Step =>
  create(paths.jobs, { ...meta("a"), spec: { template: { spec: podSpec({ restartPolicy: "Never" }) }, ...spec } });

const scripts: [name: string, script: Script][] = [
  [
    "a Job completes",
    async (stage) => {
      await stage.send(job());
      const [pod] = await podsOf(stage, 1);
      await stage.send(patch("strategic", `${paths.pods}/${nameOf(pod)}/status`, { status: { phase: "Succeeded" } }));
      const { body } = await stage.until(
        read(`${paths.jobs}/a`),
        (answer) => fieldOf(answer.body, "status", "completionTime") !== undefined,
      );
      const after = await stage.send(read(`${paths.pods}/${nameOf(pod)}`));
      return {
        status: {
          ...Object(fieldOf(body, "status")),
          startTime: "",
          completionTime: "",
          conditions: conditionsOf(body),
        },
        pod: {
          finalizers: fieldOf(pod, "metadata", "finalizers"),
          labels: Object.keys(Object(fieldOf(pod, "metadata", "labels"))).sort(),
          name: stem(nameOf(pod)),
        },
        after: fieldOf(after.body, "metadata", "finalizers"),
        events: await eventsOf(stage, "Job", "Job completed"),
      };
    },
  ],
  [
    "a Job gives up",
    async (stage) => {
      await stage.send(job({ backoffLimit: 0 }));
      const [pod] = await podsOf(stage, 1);
      await stage.send(patch("strategic", `${paths.pods}/${nameOf(pod)}/status`, { status: { phase: "Failed" } }));
      const { body } = await stage.until(read(`${paths.jobs}/a`), (answer) =>
        listOf(answer.body, "status", "conditions").some((condition) => fieldOf(condition, "type") === "Failed"),
      );
      return {
        status: { ...Object(fieldOf(body, "status")), startTime: "", conditions: conditionsOf(body) },
        events: await eventsOf(stage, "Job", "backoff"),
      };
    },
  ],
  [
    "a Job of several completions, so many at once",
    async (stage) => {
      await stage.send(job({ completions: 3, parallelism: 2 }));
      const first = await podsOf(stage, 2);
      for (const pod of first)
        await stage.send(patch("strategic", `${paths.pods}/${nameOf(pod)}/status`, { status: { phase: "Succeeded" } }));
      const all = await podsOf(stage, 3);
      const { body } = await stage.until(
        read(`${paths.jobs}/a`),
        (answer) => fieldOf(answer.body, "status", "succeeded") === 2,
      );
      return {
        atFirst: first.length,
        later: all.length,
        active: fieldOf(body, "status", "active"),
        succeeded: fieldOf(body, "status", "succeeded"),
      };
    },
  ],
  [
    "a Job that is suspended and resumed",
    async (stage) => {
      await stage.send(job({ suspend: true }));
      const { body } = await stage.until(
        read(`${paths.jobs}/a`),
        (answer) => listOf(answer.body, "status", "conditions").length > 0,
      );
      const events = await eventsOf(stage, "Job", "Job suspended");
      await stage.send(patch("merge", `${paths.jobs}/a`, { spec: { suspend: false } }));
      await podsOf(stage, 1);
      const resumed = await stage.until(
        read(`${paths.jobs}/a`),
        (answer) => fieldOf(answer.body, "status", "active") === 1,
      );
      return { suspended: conditionsOf(body), events, resumed: conditionsOf(resumed.body) };
    },
  ],
];

/** Jobs: completion, failure, suspension. */
export const jobScenarios: readonly Scenario[] = scenariosOf(scripts);
