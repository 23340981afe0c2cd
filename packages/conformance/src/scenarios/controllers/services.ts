import { fieldOf, listOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import { create, read, remove } from "../../step.ts";
import { paths, podSpec, selector } from "../objects.ts";
import { running } from "./deployment-play.ts";
import { conditionsOf, eventsOf, meta, nameOf, run, scenariosOf, stem } from "./play.ts";

const scripts: [name: string, script: Script][] = [
  [
    "endpoints of ready pods only",
    async (stage) => {
      // Pods that are on no node are no endpoints. Those of other scenarios must not be put on this one.
      await stage.send(create("/api/v1/nodes", { metadata: { name: "{ns}" }, spec: { unschedulable: true } }));
      await stage.send(
        create(paths.services, {
          ...meta("a"),
          spec: { selector: { app: "a" }, ports: [{ name: "web", port: 80, targetPort: 8080 }] },
        }),
      );
      const empty = await stage.until(read(`${paths.slices}`), ({ body }) => listOf(body, "items").length === 1);
      for (const name of ["p", "q"])
        await stage.send(
          create(paths.pods, { metadata: { name, labels: { app: "a" } }, spec: podSpec({ nodeName: "{ns}" }) }),
        );
      await stage.send(run(`${paths.pods}/p`));
      await stage.send(run(`${paths.pods}/q`, false, { podIP: "10.0.0.2", podIPs: [{ ip: "10.0.0.2" }] }));
      const isDone = ({ body }: { body: unknown }) => {
        const [slice] = listOf(body, "items");
        return (
          listOf(slice, "endpoints").length === 2 &&
          listOf(slice, "endpoints").some((endpoint) => fieldOf(endpoint, "conditions", "ready") === true)
        );
      };
      const { body } = await stage.until(read(paths.slices), isDone);
      const endpoints = await stage.until(
        read("/api/v1/namespaces/{ns}/endpoints/a"),
        ({ body: told }) =>
          listOf(told, "subsets", "0", "addresses").length === 1 &&
          listOf(told, "subsets", "0", "notReadyAddresses").length === 1,
      );
      const show = (list: unknown) => {
        const [slice] = listOf(list, "items");
        const sorted = [...listOf(slice, "endpoints")].sort((left, right) =>
          JSON.stringify(fieldOf(left, "addresses")) < JSON.stringify(fieldOf(right, "addresses")) ? -1 : 1,
        );
        return {
          name: stem(nameOf(slice)),
          labels: fieldOf(slice, "metadata", "labels"),
          endpoints: fieldOf(slice, "endpoints") === null ? null : sorted,
          ports: fieldOf(slice, "ports"),
          owners: listOf(slice, "metadata", "ownerReferences"),
        };
      };
      await stage.sendAll(["p", "q"].map((name) => remove(`${paths.pods}/${name}`, { gracePeriodSeconds: 0 })));
      await stage.send(remove("/api/v1/nodes/{ns}"));
      return {
        empty: show(empty.body),
        slices: show(body),
        subsets: fieldOf(endpoints.body, "subsets"),
        labels: fieldOf(endpoints.body, "metadata", "labels"),
      };
    },
  ],
  [
    "an autoscaler without metrics",
    async (stage) => {
      await stage.send(create(paths.deployments, running("a", 1)));
      await stage.send(
        create(paths.autoscalers, {
          ...meta("a"),
          spec: {
            minReplicas: 2,
            maxReplicas: 3,
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" },
            metrics: [
              { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
            ],
          },
        }),
      );
      const scaled = await stage.until(
        read(`${paths.deployments}/a`),
        ({ body }) => fieldOf(body, "spec", "replicas") === 2,
      );
      const { body } = await stage.until(
        read(`${paths.autoscalers}/a`),
        (answer) => fieldOf(answer.body, "status", "desiredReplicas") === 2,
      );
      return {
        replicas: fieldOf(scaled.body, "spec", "replicas"),
        able: listOf(body, "status", "conditions")
          .filter((condition) => fieldOf(condition, "type") === "AbleToScale")
          .map((condition) => fieldOf(condition, "status")),
      };
    },
  ],
  [
    "a disruption budget counts, and refuses evictions",
    async (stage) => {
      await stage.send(create(paths.budgets, { ...meta("a"), spec: { minAvailable: 1, selector } }));
      const evict = (name: string) =>
        create(`${paths.pods}/${name}/eviction`, { apiVersion: "policy/v1", kind: "Eviction", ...meta(name) });
      for (const name of ["p", "q"]) {
        await stage.send(
          create(paths.pods, { metadata: { name, labels: { app: "a" } }, spec: podSpec({ schedulerName: "none" }) }),
        );
        await stage.send(run(`${paths.pods}/${name}`));
      }
      const { body } = await stage.until(
        read(`${paths.budgets}/a`),
        (answer) => fieldOf(answer.body, "status", "disruptionsAllowed") === 1,
      );
      const first = await stage.send(evict("p"));
      await stage.until(
        read(`${paths.budgets}/a`),
        (answer) => fieldOf(answer.body, "status", "disruptionsAllowed") === 0,
      );
      return {
        status: { ...Object(fieldOf(body, "status")), conditions: conditionsOf(body) },
        first: first.code,
        second: await stage.send(evict("q")),
      };
    },
  ],
  [
    "a disruption budget without pods",
    async (stage) => {
      await stage.send(create(paths.budgets, { ...meta("a"), spec: { maxUnavailable: 1, selector } }));
      const { body } = await stage.until(
        read(`${paths.budgets}/a`),
        (answer) => fieldOf(answer.body, "status", "observedGeneration") === 1,
      );
      const isThere = ({ body: list }: { body: unknown }) => listOf(list, "items").length > 0;
      await stage.until(
        read("/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.kind%3DPodDisruptionBudget"),
        isThere,
      );
      return {
        status: { ...Object(fieldOf(body, "status")), conditions: conditionsOf(body) },
        events: await eventsOf(stage, "PodDisruptionBudget", "No matching"),
      };
    },
  ],
];

/** Endpoints, autoscalers and disruption budgets. */
export const serviceScenarios: readonly Scenario[] = scenariosOf(scripts);
