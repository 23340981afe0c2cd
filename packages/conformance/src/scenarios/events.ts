import { fieldOf, listOf } from "../field-of.ts";
import type { Scenario, Script } from "../scenario.ts";
import { create, patch, read, type Step } from "../step.ts";

const core = "/api/v1/namespaces/{ns}/events";
const newer = "/apis/events.k8s.io/v1/namespaces/{ns}/events";
const pod = { kind: "Pod", name: "p", namespace: "{ns}", apiVersion: "v1" };
const event = (name: string, more: object = {}): object => ({
  metadata: { name },
  involvedObject: pod,
  reason: "Started",
  message: "it runs",
  type: "Normal",
  ...more,
});
const later = (name: string, more: object = {}): object => ({
  metadata: { name },
  eventTime: "2026-01-01T00:00:00.000000Z",
  action: "Binding",
  reason: "Scheduled",
  regarding: pod,
  note: "it fits",
  type: "Normal",
  reportingController: "example.com/x",
  reportingInstance: "x-1",
  ...more,
});

const cases: [name: string, ...steps: Step[]][] = [
  [
    "in the old form, read in the new one",
    create(
      core,
      event("a", {
        count: 3,
        source: { component: "c", host: "h" },
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:00:01Z",
      }),
    ),
    read(`${newer}/a`),
  ],
  ["in the new form, read in the old one", create(newer, later("a")), read(`${core}/a`)],
  [
    "of a series",
    create(newer, later("a")),
    patch("merge", `${newer}/a`, { series: { count: 2, lastObservedTime: "2026-01-01T00:00:05.000000Z" } }),
    read(`${core}/a`),
  ],
  ["of another namespace", create(core, event("a", { involvedObject: { ...pod, namespace: "other" } }))],
  ["of nothing that has a namespace", create(core, event("a", { involvedObject: { kind: "Node", name: "n" } }))],
  ["of an unknown type", create(newer, later("a", { type: "Odd" }))],
  ["without a time", create(newer, later("a", { eventTime: undefined }))],
  ["without a reason", create(newer, later("a", { reason: undefined }))],
  ["without an action", create(newer, later("a", { action: undefined }))],
  ["without a controller", create(newer, later("a", { reportingController: undefined }))],
  ["with a note that is too long", create(newer, later("a", { note: "x".repeat(1025) }))],
  [
    "that changes afterwards",
    create(newer, later("a")),
    patch("merge", `${newer}/a`, { note: "other" }),
    patch("merge", `${newer}/a`, { reason: "Other" }),
  ],
  [
    "by what it is about",
    create(core, event("a")),
    create(core, event("b", { involvedObject: { ...pod, name: "q" } })),
    read(`${core}?fieldSelector=involvedObject.name%3Dq`),
    read(`${core}?fieldSelector=reason%3DNone`),
    read(`${core}?fieldSelector=type%3DNormal,involvedObject.kind%3DPod,involvedObject.name%3Dp`),
  ],
  [
    "by a field that is none",
    read(`${core}?fieldSelector=message%3Dx`),
    read(`${newer}?fieldSelector=regarding.name%3Dq`),
  ],
];

const scripts: [name: string, script: Script][] = [
  [
    "as a table",
    async (stage) => {
      await stage.send(create(core, event("a", { count: 2, source: { component: "c" } })));
      const { body } = await stage.send(read(core, "application/json;as=Table;v=v1;g=meta.k8s.io"));
      return {
        columns: listOf(body, "columnDefinitions").map((column) => fieldOf(column, "name")),
        cells: listOf(body, "rows").map((row) => fieldOf(row, "cells")),
      };
    },
  ],
  [
    "watched",
    async (stage) => {
      const watch = stage.watch(`${core}?watch=1&timeoutSeconds=30`);
      await stage.send(create(newer, later("a")));
      const [first] = await watch.until((all) => all.length > 0);
      return first;
    },
  ],
];

/** Events in both of their groups. */
export const eventScenarios: readonly Scenario[] = [
  ...cases.map(([name, ...steps]) => ({ name: `events: ${name}`, steps })),
  ...scripts.map(([name, steps]) => ({ name: `events: ${name}`, steps })),
];
