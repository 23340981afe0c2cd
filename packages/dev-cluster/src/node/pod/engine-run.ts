import type { Container, Pod } from "@moorage/kube-types/core-v1";
import type { Mount } from "./mounts.ts";
import type { NodeServices } from "./node-services.ts";
import type { PreparedProcess } from "./prepared-process.ts";

/** A container to be run by a container engine. */
export interface EngineRun {
  program: { engine: string; image: string };
  pod: Pod;
  container: Container;
  podIP: string;
  env: Readonly<Record<string, string>>;
  mounts: readonly Mount[];
}

/**
 * The command that runs a container in the foreground of an engine's client, so that its output, its signals and
 * its exit code are those of a process. Its declared ports are published on the pod's address. *Caveats*: it has a
 * network of its own and does not know the names and addresses of the cluster.
 */
export function engineRun(
  { program: { engine, image }, pod, container, podIP, env, mounts }: EngineRun,
  { engine: engines, toolEnvironment, stateDir }: NodeServices,
): PreparedProcess {
  const name = `moorage-${pod.metadata.uid}-${container.name}`;
  const [entrypoint, ...rest] = container.command ?? [];
  const argv = [
    ...[engine, "run", "--rm", "--name", name, "--hostname", pod.metadata.name.slice(0, 63)],
    ...(container.ports ?? []).flatMap(({ containerPort, protocol = "TCP" }) => [
      "--publish",
      `${podIP}:${containerPort}:${containerPort}/${protocol.toLowerCase()}`,
    ]),
    ...mounts.flatMap(({ mountPath, realPath }) => ["--volume", `${realPath}:${mountPath}`]),
    ...Object.entries(env).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
    ...(container.workingDir ? ["--workdir", container.workingDir] : []),
    ...(entrypoint ? ["--entrypoint", entrypoint] : []),
    ...[image, ...rest, ...(container.args ?? [])],
  ];
  // A client that was killed leaves its container behind.
  return {
    argv,
    env: toolEnvironment,
    cwd: stateDir,
    commandWords: (command) => [engine, "exec", "--interactive", name, ...command],
    release: () => engines.remove(engine, name),
  };
}
