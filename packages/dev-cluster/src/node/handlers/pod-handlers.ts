import { Pod } from "@moorage/kube-types/core-v1";
import type { ObjectKey, PodHandlers } from "../../cluster-api.ts";
import { notFound } from "../../status/api-error.ts";
import type { NodeServices } from "../pod/node-services.ts";
import type { PodWorker } from "../pod/pod-worker.ts";
import type { PodAgent } from "../pod-agent.ts";
import { connectPort } from "./connect-port.ts";
import { readLogs } from "./read-logs.ts";
import { runExec } from "./run-exec.ts";

/** Serves the subresources of pods that only the node can: logs, exec and connections to ports. */
export function podHandlers(agent: PodAgent, { api, stateDir, processes, hostIP }: NodeServices): PodHandlers {
  const find = (key: ObjectKey): { pod: Pod; worker: PodWorker | undefined } => {
    const pod = api.get(Pod, key);
    if (!pod) throw notFound({ group: "", plural: "pods" }, key.name);
    return { pod, worker: agent.find(pod.metadata.uid) };
  };
  return {
    logs: (key, options, signal) => readLogs({ ...find(key), stateDir }, options, signal),
    exec: async (key, options, streams) => {
      const runner = find(key).worker?.runners.get(options.container);
      return runExec({ runner, processes }, options, streams);
    },
    connect: async (key, port) => {
      const { worker } = find(key);
      return connectPort(worker?.sandbox.podIP ?? hostIP, port);
    },
  };
}
