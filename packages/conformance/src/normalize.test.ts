import { describe, expect, it } from "vitest";
import { normalize } from "./normalize.ts";

describe("normalize()", () => {
  it.each([
    [
      "uids, times and versions",
      { uid: "a", metadata: { resourceVersion: "5" } },
      { uid: "<uid>", metadata: { resourceVersion: "<resourceVersion>" } },
    ],
    ["generated names", { name: "kube-api-access-bcdf9" }, { name: "kube-api-access-<suffix>" }],
    [
      "how soon a controller is",
      'Waiting for deployment spec update to be observed...\nWaiting for deployment "a" rollout to finish\n',
      'Waiting for deployment "a" rollout to finish\n',
    ],
    [
      "allocated addresses, but not None",
      [{ clusterIP: "10.0.0.1" }, { clusterIP: "None" }],
      [{ clusterIP: "<clusterIP>" }, { clusterIP: "None" }],
    ],
    ["nothing else", { spec: { replicas: 1, name: "kube" } }, { spec: { replicas: 1, name: "kube" } }],
  ])("%s", (_reason, value, expected) => {
    expect(normalize(value)).toEqual(expected);
  });
});
