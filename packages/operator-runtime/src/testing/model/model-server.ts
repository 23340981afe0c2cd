import type { ClusterConfig, LocalServer } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";

/** The model's own kind: as many ConfigMaps as it has parts. */
export interface App extends KubeObject {
  spec: { parts: string[]; text: string };
}
export const App: ResourceType<App> = {
  group: "try.dev",
  version: "v1",
  kind: "App",
  plural: "apps",
  namespaced: true,
};

/** How requests fail: an HTTP status, or a broken connection. */
export type Failure = number | "reset";

/** An API server as the model's users and troubles see it. All of it happens in one namespace. */
export interface ModelServer {
  readonly namespace: string;
  readonly cluster: ClusterConfig;
  readonly localServer?: LocalServer;
  /** Differs when anything has changed. */
  version(): unknown;
  /** Creates or replaces. Does nothing to one that is on its way out, and says so with false. */
  setApp(name: string, spec: App["spec"]): boolean;
  deleteApp(name: string): void;
  /** Nothing happens when there is no such child. */
  editChild(name: string): void;
  deleteChild(name: string): void;
  apps(): readonly KubeObject[];
  children(): readonly KubeObject[];
  /** The next requests that create nothing fail. */
  fail(times: number, how: Failure): void;
  cutWatches(): void;
  /** Cuts, and refuses to resume: what happened meanwhile is told as a new picture only. */
  compactAndCut(): void;
  stop(): Promise<void>;
}
