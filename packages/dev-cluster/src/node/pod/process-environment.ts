import { delimiter } from "node:path";
import type { Pod } from "@moorage/kube-types/core-v1";
import { hostNameOf } from "../network/cluster-names.ts";
import { nodePreload, pythonPreload } from "../preload-files.ts";
import { allContainers } from "./pod-text.ts";

/** What a process of a pod gets besides the variables that its container declares. */
export interface PodSurroundings {
  pod: Pod;
  podIP: string;
  home: string;
  tmp: string;
  path: string;
  namesFile: string;
  /** Keeps the compiled code of Node.js programs: they then start in about half the time. */
  compileCache: string;
  /** Absent where pods share the host's address: programs then listen where they say. */
  redirect: boolean;
}

/**
 * The environment that stands for what a container has of its own: a home, an address, the cluster's names.
 * Nothing of the developer's environment is in it. There is no PORT: a real cluster sets none either, and a program
 * that relied on it would fail there.
 */
export function surroundingVariables({
  pod,
  podIP,
  home,
  tmp,
  path,
  namesFile,
  compileCache,
  redirect,
}: PodSurroundings): Record<string, string> {
  const ports = allContainers(pod).flatMap((container) =>
    (container.ports ?? []).map(({ containerPort }) => containerPort),
  );
  return {
    PATH: path,
    HOME: home,
    TMPDIR: tmp,
    LANG: "C.UTF-8",
    HOSTNAME: hostNameOf(pod),
    NODE_COMPILE_CACHE: compileCache,
    MOORAGE_NAMESPACE: pod.metadata.namespace ?? "default",
    MOORAGE_NAMES_FILE: namesFile,
    ...(redirect && { MOORAGE_POD_IP: podIP, MOORAGE_POD_PORTS: ports.join(",") }),
  };
}

/** Adds what loads the preloads to the options that a container sets itself. */
export function withPreloads(declared: Readonly<Record<string, string>>): Record<string, string> {
  const nodeOptions = [`--require ${JSON.stringify(nodePreload)}`, declared["NODE_OPTIONS"]];
  const pythonPath = [pythonPreload, declared["PYTHONPATH"]];
  return {
    NODE_OPTIONS: nodeOptions.filter(Boolean).join(" "),
    PYTHONPATH: pythonPath.filter(Boolean).join(delimiter),
  };
}
