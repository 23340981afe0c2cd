import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ClusterApi, PodHandlers } from "../cluster-api.ts";
import { EventRecorder } from "../controllers/runtime/event-recorder.ts";
import { bridgeInstallProgram } from "./bridge/install-bridge.ts";
import { podHandlers } from "./handlers/pod-handlers.ts";
import { ContainerEngine } from "./images/container-engine.ts";
import { NpmPackages } from "./images/npm-packages.ts";
import type { ImageProgram, ProgramSources } from "./images/programs.ts";
import { PythonPackages } from "./images/python-packages.ts";
import { ClusterNames } from "./network/cluster-names.ts";
import { type AddressRange, PodAddresses } from "./network/pod-addresses.ts";
import { ServiceProxy } from "./network/service-proxy.ts";
import { allocatableResources, registerNode } from "./node-object.ts";
import type { NodeServices } from "./pod/node-services.ts";
import { PodAgent } from "./pod-agent.ts";
import { ProcessTable } from "./process/process-table.ts";
import { startReaper } from "./process/reaper.ts";

export interface NodeOptions {
  /** The name of the Node object. Default `moorage`. */
  name?: string;
  /** Keeps pods' folders, logs and records of processes. One node per folder. */
  stateDir: string;
  /** Keeps installed packages; several nodes may share it. */
  cacheDir: string;
  /**
   * The environment of the developer, in which npm, uv and container engines find their settings, and of which
   * containers get PATH and nothing else.
   */
  environment: Readonly<Record<string, string | undefined>>;
  /** How to run our own images, by image name without tag. Each gets the program `bridge-install` as well. */
  images?: Readonly<Record<string, ImageProgram>>;
  /** Where pods get their addresses. Default `127.88.0.0/16`. */
  podRange?: AddressRange;
  /** Told of failures that were not expected. */
  logError(message: string, error: unknown): void;
}

/** A running node. */
export interface NodeAgent {
  /** Logs, commands and connections, for the API server. */
  handlers: PodHandlers;
  /** Ends every process of every pod; the pods themselves stay. */
  stop(): Promise<void>;
}

const hostAddress = "127.0.0.1";

/** Starts a node that runs the pods bound to it as processes of this machine, after ending what an earlier one left. */
export async function startNode(api: ClusterApi, options: NodeOptions): Promise<NodeAgent> {
  const { name = "moorage", stateDir, podRange = "127.88.0.0/16", logError } = options;
  for (const folder of ["pods", "logs", "claims"]) mkdirSync(join(stateDir, folder), { recursive: true, mode: 0o700 });
  const processes = new ProcessTable(join(stateDir, "processes"));
  processes.killLeftovers();
  const dismissReaper = startReaper(processes);
  const addresses = await PodAddresses.open(podRange);
  const unregister = registerNode(api, { name, hostAddress, addressPerPod: addresses.perPod }, logError);
  const names = new ClusterNames(api, join(stateDir, "names"));
  const toolEnvironment = withoutNpmRun(options.environment);
  const engine = new ContainerEngine(toolEnvironment);
  const services: NodeServices = {
    api,
    events: new EventRecorder(api, { component: "kubelet", host: name, now: () => new Date(), logError }),
    logError,
    processes,
    programs: programSources(options, { toolEnvironment, engine }),
    engine,
    addresses,
    nodeName: name,
    hostIP: hostAddress,
    allocatable: allocatableResources(),
    stateDir,
    namesFile: names.file,
    compileCache: join(options.cacheDir, "compiled"),
    path: [dirname(process.execPath), options.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"].join(":"),
    toolEnvironment,
  };
  const serviceProxy = new ServiceProxy(api, {
    hostAddress,
    failed: (service, message) =>
      services.events.record(service, { type: "Warning", reason: "FailedToListen", message }),
  });
  const agent = new PodAgent(services);
  return {
    handlers: podHandlers(agent, services),
    async stop() {
      await agent.stop();
      serviceProxy.close();
      names.close();
      unregister();
      processes.killAll();
      dismissReaper();
    },
  };
}

function programSources(
  { images = {}, cacheDir, stateDir }: NodeOptions,
  { toolEnvironment: env, engine }: { toolEnvironment: Readonly<Record<string, string>>; engine: ContainerEngine },
): ProgramSources {
  const bridgeInstall = bridgeInstallProgram(stateDir);
  const withBridge = Object.entries(images).map(([image, program]) => [
    image,
    "programs" in program ? { programs: { ...program.programs, "bridge-install": bridgeInstall } } : program,
  ]);
  return {
    npm: new NpmPackages({ dir: join(cacheDir, "npm"), env }),
    python: new PythonPackages({ dir: join(cacheDir, "python"), env }),
    images: Object.fromEntries(withBridge),
    findEngine: (image) => engine.find(image),
  };
}

/** `npm run` tells its children about the project it runs in, which an install elsewhere must not take for its own. */
function withoutNpmRun(environment: NodeOptions["environment"]): Record<string, string> {
  const isOfRun =
    /^(npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_(local_prefix|prefix|global_prefix)|INIT_CWD|NODE_OPTIONS$)/;
  const entries = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries.filter(([name]) => !isOfRun.test(name)));
}
