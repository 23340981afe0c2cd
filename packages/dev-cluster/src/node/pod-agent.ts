import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ConfigMap, Pod, Secret } from "@moorage/kube-types/core-v1";
import { isPodFinished } from "../controllers/runtime/pod-state.ts";
import type { NodeServices } from "./pod/node-services.ts";
import { PodWorker } from "./pod/pod-worker.ts";
import { referencedNames } from "./pod/references.ts";

/** How long the processes of pods have to end when the node stops. */
const shutDownGraceMs = 2_000;

/** Runs the pods that are bound to this node, one worker each. */
export class PodAgent {
  readonly #services: NodeServices;
  /** By uid. */
  readonly #workers = new Map<string, PodWorker>();
  readonly #stops: (() => void)[];
  #stopped = false;

  constructor(services: NodeServices) {
    this.#services = services;
    this.#removeForgotten();
    const { api } = services;
    this.#stops = [
      api.watch(Pod, ({ type, object }) => (type === "DELETED" ? this.#deleted(object) : this.#changed(object))),
      api.watch(ConfigMap, ({ object }) => this.#referenceChanged(object)),
      api.watch(Secret, ({ object }) => this.#referenceChanged(object)),
    ];
  }

  /** The worker of a pod that runs here. */
  find(uid: string | undefined): PodWorker | undefined {
    return uid === undefined ? undefined : this.#workers.get(uid);
  }

  /** Ends every process; the pods stay and are started again by the next agent on the same folder. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    await Promise.all([...this.#workers.values()].map((worker) => worker.shutDown(shutDownGraceMs)));
  }

  #changed(pod: Pod): void {
    const { uid = "" } = pod.metadata;
    if (this.#stopped || pod.spec?.nodeName !== this.#services.nodeName) return;
    const worker = this.#workers.get(uid);
    if (worker) worker.update(pod);
    else if (pod.metadata.deletionTimestamp !== undefined || !isPodFinished(pod)) this.#start(pod, uid);
  }

  #start(pod: Pod, uid: string): void {
    const worker = new PodWorker(pod, this.#services);
    this.#workers.set(uid, worker);
    // A pod that was being deleted when the node stopped has nothing left to run.
    if (pod.metadata.deletionTimestamp === undefined) worker.start();
    else worker.update(pod);
  }

  #deleted({ metadata: { uid = "" } }: Pod): void {
    const worker = this.#workers.get(uid);
    if (!worker) return;
    this.#workers.delete(uid);
    worker.discard().catch((error: unknown) => this.#services.logError("Cannot clean up after a deleted pod", error));
  }

  #referenceChanged({ metadata: { name, namespace } }: ConfigMap | Secret): void {
    for (const worker of this.#workers.values()) {
      const { spec, metadata } = worker.pod;
      if (spec && metadata.namespace === namespace && referencedNames(spec).has(name)) worker.refresh();
    }
  }

  /** Folders of pods that were deleted while no node ran. */
  #removeForgotten(): void {
    const known = new Set(this.#services.api.list(Pod).map(({ metadata }) => metadata.uid));
    for (const [folder, uidOf] of [
      ["pods", (name: string) => name],
      ["logs", (name: string) => name.slice(name.lastIndexOf("_") + 1)],
    ] as const) {
      const dir = join(this.#services.stateDir, folder);
      for (const name of readdirSync(dir)) {
        if (!known.has(uidOf(name))) rmSync(join(dir, name), { recursive: true, force: true });
      }
    }
  }
}
