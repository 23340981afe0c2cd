import { fieldOf, listOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import { create, patch, read, remove } from "../../step.ts";
import { configMap, paths, template } from "../objects.ts";
import { available, running } from "./deployment-play.ts";
import { conditionsOf, playNode, podsOf, scenariosOf, text } from "./play.ts";

const scripts: [name: string, script: Script][] = [
  [
    "garbage: in the background",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 1)));
      await available("a", 1)(stage);
      const answer = await stage.send(remove(`${paths.deployments}/a`, { propagationPolicy: "Background" }));
      await podsOf(stage, 0);
      const { body } = await stage.until(read(paths.replicaSets), (list) => listOf(list.body, "items").length === 0);
      return { answer, left: listOf(body, "items").length };
    },
  ],
  [
    "garbage: in the foreground the owner goes last",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 1)));
      await available("a", 1)(stage);
      const order = await Promise.all(
        [paths.deployments, paths.replicaSets, paths.pods].map((path) => stage.watchFromNow(path)),
      );
      const waiting = await stage.send(remove(`${paths.deployments}/a`, { propagationPolicy: "Foreground" }));
      await stage.send({ ...read(`${paths.deployments}/a`), until: 404 });
      const versions = await Promise.all(
        order.map(async (watch) => {
          const events = await watch.until((all) => all.some(({ type }) => type === "DELETED"));
          const last = events.findLast(({ type }) => type === "DELETED");
          return {
            kind: text(last?.object, "kind"),
            version: Number(text(last?.object, "metadata", "resourceVersion")),
          };
        }),
      );
      return {
        finalizers: fieldOf(waiting.body, "metadata", "finalizers"),
        order: versions.sort((left, right) => left.version - right.version).map(({ kind }) => kind),
      };
    },
  ],
  [
    "garbage: orphans stay",
    async (stage) => {
      await stage.send(create(paths.deployments, running("a", 1, { template: template({ schedulerName: "none" }) })));
      await podsOf(stage, 1);
      await stage.send(remove(`${paths.deployments}/a`, { propagationPolicy: "Orphan" }));
      await stage.send({ ...read(`${paths.deployments}/a`), until: 404 });
      const { body } = await stage.until(read(paths.replicaSets), (list) =>
        listOf(list.body, "items").every((set) => listOf(set, "metadata", "ownerReferences").length === 0),
      );
      const pods = await podsOf(stage, 1);
      return {
        owners: listOf(body, "items").map((set) => fieldOf(set, "metadata", "ownerReferences")),
        pods: pods.length,
      };
    },
  ],
  [
    "garbage: an owner that never was",
    async (stage) => {
      const owner = { apiVersion: "v1", kind: "ConfigMap", name: "none", uid: "00000000-0000-0000-0000-000000000000" };
      await stage.send(create(paths.configMaps, configMap("a", {}, { ownerReferences: [owner] })));
      const { code } = await stage.send({ ...read(`${paths.configMaps}/a`), until: 404 });
      return code;
    },
  ],
  [
    "garbage: one of two owners goes",
    async (stage) => {
      const owners = [];
      for (const name of ["x", "y"]) {
        const { body } = await stage.send(create(paths.configMaps, configMap(name)));
        owners.push({ apiVersion: "v1", kind: "ConfigMap", name, uid: fieldOf(body, "metadata", "uid") });
      }
      await stage.send(create(paths.configMaps, configMap("a", {}, { ownerReferences: owners })));
      await stage.send(remove(`${paths.configMaps}/x`));
      const { body } = await stage.until(
        read(`${paths.configMaps}/a`),
        (answer) => listOf(answer.body, "metadata", "ownerReferences").length === 1,
      );
      return fieldOf(body, "metadata", "ownerReferences");
    },
  ],
  [
    "garbage: a chain of owners",
    async (stage) => {
      const own = (owner: unknown) => ({
        ownerReferences: [
          {
            apiVersion: "v1",
            kind: "ConfigMap",
            name: fieldOf(owner, "metadata", "name"),
            uid: fieldOf(owner, "metadata", "uid"),
          },
        ],
      });
      const a = await stage.send(create(paths.configMaps, configMap("a")));
      const b = await stage.send(create(paths.configMaps, configMap("b", {}, own(a.body))));
      await stage.send(create(paths.configMaps, configMap("c", {}, own(b.body))));
      await stage.send(remove(`${paths.configMaps}/a`));
      const codes = [];
      for (const name of ["b", "c"])
        codes.push((await stage.send({ ...read(`${paths.configMaps}/${name}`), until: 404 })).code);
      return codes;
    },
  ],
  [
    "garbage: an owner of the same name and another uid",
    async (stage) => {
      await stage.send(create(paths.configMaps, configMap("a")));
      const owner = { apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "00000000-0000-0000-0000-000000000000" };
      await stage.send(create(paths.configMaps, configMap("b", {}, { ownerReferences: [owner] })));
      return (await stage.send({ ...read(`${paths.configMaps}/b`), until: 404 })).code;
    },
  ],
  [
    "garbage: an owner of an unknown kind keeps what it owns",
    async (stage) => {
      const owner = {
        apiVersion: "none.example.com/v1",
        kind: "Frob",
        name: "a",
        uid: "00000000-0000-0000-0000-000000000000",
      };
      await stage.send(create(paths.configMaps, configMap("kept", {}, { ownerReferences: [owner] })));
      await stage.send(
        create(
          paths.configMaps,
          configMap("gone", {}, { ownerReferences: [{ ...owner, apiVersion: "v1", kind: "ConfigMap" }] }),
        ),
      );
      await stage.send({ ...read(`${paths.configMaps}/gone`), until: 404 });
      return (await stage.send(read(`${paths.configMaps}/kept`))).code;
    },
  ],
  [
    "garbage: in the foreground, an object that blocks nothing",
    async (stage) => {
      const a = await stage.send(create(paths.configMaps, configMap("a")));
      const owner = { apiVersion: "v1", kind: "ConfigMap", name: "a", uid: fieldOf(a.body, "metadata", "uid") };
      const held = { finalizers: ["example.com/hold"], ownerReferences: [{ ...owner, blockOwnerDeletion: false }] };
      await stage.send(create(paths.configMaps, configMap("b", {}, held)));
      await stage.send(remove(`${paths.configMaps}/a`, { propagationPolicy: "Foreground" }));
      const gone = await stage.send({ ...read(`${paths.configMaps}/a`), until: 404 });
      const left = await stage.until(
        read(`${paths.configMaps}/b`),
        ({ body }) => fieldOf(body, "metadata", "deletionTimestamp") !== undefined,
      );
      return [gone.code, fieldOf(left.body, "metadata", "finalizers")];
    },
  ],
  [
    "garbage: a ReplicaSet whose Deployment was orphaned is taken up again",
    async (stage) => {
      await stage.send(create(paths.deployments, running("a", 1, { template: template({ schedulerName: "none" }) })));
      const [pod] = await podsOf(stage, 1);
      await stage.send(remove(`${paths.deployments}/a`, { propagationPolicy: "Orphan" }));
      await stage.send({ ...read(`${paths.deployments}/a`), until: 404 });
      await stage.send(create(paths.deployments, running("a", 1, { template: template({ schedulerName: "none" }) })));
      const { body } = await stage.until(
        read(paths.replicaSets),
        (list) =>
          listOf(list.body, "items").length === 1 &&
          listOf(list.body, "items", "0", "metadata", "ownerReferences").length === 1,
      );
      const [again] = await podsOf(stage, 1);
      return {
        sets: listOf(body, "items").length,
        isSamePod: text(pod, "metadata", "uid") === text(again, "metadata", "uid"),
      };
    },
  ],
  [
    "a namespace goes with what is in it",
    async (stage) => {
      const name = "{ns}-x";
      const inside = `/api/v1/namespaces/${name}`;
      const made = await stage.send(create("/api/v1/namespaces", { metadata: { name } }));
      await stage.send({ ...read(`${inside}/serviceaccounts/default`), until: 200 });
      await stage.send(create(`${inside}/configmaps`, configMap("held", {}, { finalizers: ["example.com/hold"] })));
      const deleted = await stage.send(remove(inside));
      const { body } = await stage.until(
        read(inside),
        (answer) => listOf(answer.body, "status", "conditions").length > 0,
      );
      const refused = await stage.send(create(`${inside}/configmaps`, configMap("late")));
      await stage.send(patch("merge", `${inside}/configmaps/held`, { metadata: { finalizers: null } }));
      const gone = await stage.send({ ...read(inside), until: 404 });
      return {
        made: made.body,
        deleted: fieldOf(deleted.body, "status"),
        conditions: conditionsOf(body),
        refused,
        gone: gone.code,
      };
    },
  ],
  [
    "a namespace has an account and the root certificate",
    async (stage) => {
      const { body } = await stage.until(read(`${paths.configMaps}/kube-root-ca.crt`), ({ code }) => code === 200);
      const account = await stage.send(read(`${paths.accounts}/default`));
      return {
        keys: Object.keys(Object(fieldOf(body, "data"))),
        annotations: fieldOf(body, "metadata", "annotations"),
        account: account.body,
      };
    },
  ],
];

/** Ownership, garbage collection and namespaces. */
export const garbageScenarios: readonly Scenario[] = scenariosOf(scripts);
