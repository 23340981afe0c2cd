import type { ClusterApi } from "../../cluster-api.ts";
import type { EventRecorder } from "../../controllers/runtime/event-recorder.ts";
import type { ContainerEngine } from "../images/container-engine.ts";
import type { ProgramSources } from "../images/programs.ts";
import type { PodAddresses } from "../network/pod-addresses.ts";
import type { ProcessTable } from "../process/process-table.ts";

/** What the pods of a node share. */
export interface NodeServices {
  api: ClusterApi;
  events: EventRecorder;
  logError(message: string, error: unknown): void;
  processes: ProcessTable;
  programs: ProgramSources;
  engine: ContainerEngine;
  addresses: PodAddresses;
  nodeName: string;
  hostIP: string;
  /** What `limits` mean for containers that have none. */
  allocatable: Readonly<Record<string, string>>;
  /** Holds `pods/`, `logs/` and `claims/`. */
  stateDir: string;
  /** The hosts file of the cluster's names. */
  namesFile: string;
  /** Keeps the compiled code of Node.js programs between starts. */
  compileCache: string;
  /** PATH of containers. */
  path: string;
  /** The developer's environment, for tools of the machine that run on the developer's behalf; never for containers. */
  toolEnvironment: Readonly<Record<string, string>>;
}
