import { rfc3339Seconds } from "@moorage/kube-types";
import { type Container, type LifecycleHandler, Pod } from "@moorage/kube-types/core-v1";
import type { ProbeTarget } from "../probes/run-probe.ts";
import { VolumeError } from "../volumes/volume-files.ts";
import { type ContainerHost, ContainerRunner, type RestartPolicy } from "./container-runner.ts";
import { execInContainer } from "./exec.ts";
import { runHook } from "./hooks.ts";
import type { NodeServices } from "./node-services.ts";
import { Pause } from "./pause.ts";
import { PodSandbox } from "./pod-sandbox.ts";
import { type PodSnapshot, podStatusOf } from "./pod-status.ts";
import { allContainers, containerFieldPath, isSidecar, podText } from "./pod-text.ts";
import { PodStatusWriter } from "./status-writer.ts";

/** How long a missing ConfigMap or Secret is waited for before the user is told again. */
const remindMs = 120_000;

/**
 * Runs one pod from its binding to its end.
 *
 * Steps: volumes → init containers in order (sidecars stay) → containers → when deleted: stop with grace, last
 * status, removal from the API.
 */
export class PodWorker {
  /** The containers of the pod by name; those whose turn has not come are missing. */
  readonly runners = new Map<string, ContainerRunner>();
  readonly sandbox: PodSandbox;
  readonly #services: NodeServices;
  readonly #writer: PodStatusWriter;
  readonly #pause = new Pause();
  readonly #startTime: string;
  #pod: Pod;
  #sandboxReady = false;
  #failure: PodSnapshot["failure"];
  #ending: Promise<void> | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(pod: Pod, services: NodeServices) {
    this.#pod = pod;
    this.#services = services;
    this.sandbox = new PodSandbox(pod, services);
    this.#startTime = pod.status?.startTime ?? rfc3339Seconds(new Date());
    this.#writer = new PodStatusWriter(services, (current) => podStatusOf(current, this.#snapshot(), new Date()));
  }

  get pod(): Pod {
    return this.#pod;
  }

  start(): void {
    this.#run().catch((error: unknown) => this.#services.logError(`Cannot run pod "${podText(this.#pod)}"`, error));
  }

  /** Takes in a new state of the pod. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#end((pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000);
    else this.refresh();
  }

  /** Looks at ConfigMaps, Secrets and the pod's own fields again. */
  refresh(): void {
    if (this.#sandboxReady) this.#syncVolumes();
    this.#pause.wake();
    for (const runner of this.runners.values()) runner.wake();
    this.#writer.request(this.#pod);
  }

  /** Ends what the pod runs because its object is gone. */
  async discard(): Promise<void> {
    await this.#stopContainers(0);
    this.#writer.close();
    this.sandbox.remove(this.#pod);
  }

  /** Ends what the pod runs because the node stops; the pod stays and is started again with the node. */
  async shutDown(graceMs: number): Promise<void> {
    this.#writer.close();
    await this.#stopContainers(graceMs);
    this.sandbox.close(this.#pod);
  }

  async #run(): Promise<void> {
    this.#writer.request(this.#pod);
    this.#armDeadline();
    if (!(await this.#volumesReady())) return;
    for (const container of this.#pod.spec?.initContainers ?? []) {
      const runner = this.#startContainer(container);
      await (isSidecar(container) ? runner.started() : runner.finished);
      const failed = !isSidecar(container) && runner.snapshot.state?.terminated?.exitCode !== 0;
      if (this.#ending) return;
      if (failed) return this.#completed();
    }
    const runners = (this.#pod.spec?.containers ?? []).map((container) => this.#startContainer(container));
    await Promise.all(runners.map(({ finished }) => finished));
    if (!this.#ending) await this.#completed();
  }

  /** Waits until every volume is there; `false` when the pod ends first. */
  async #volumesReady(): Promise<boolean> {
    while (!this.#ending) {
      if (this.#syncVolumes()) {
        this.#sandboxReady = true;
        this.#writer.request(this.#pod);
        return true;
      }
      await this.#pause.for(remindMs);
    }
    return false;
  }

  #syncVolumes(): boolean {
    try {
      this.sandbox.syncVolumes(this.#pod);
      return true;
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      this.#services.events.record(this.#pod, { type: "Warning", reason: "FailedMount", message: error.message });
      return false;
    }
  }

  #startContainer(container: Container): ContainerRunner {
    const statuses = [
      ...(this.#pod.status?.initContainerStatuses ?? []),
      ...(this.#pod.status?.containerStatuses ?? []),
    ];
    const previous = statuses.find(({ name }) => name === container.name);
    const runner = new ContainerRunner(container, this.#host(), {
      policy: this.#policyOf(container),
      ...(previous && { previous }),
    });
    this.runners.set(container.name, runner);
    runner.start();
    return runner;
  }

  #policyOf(container: Container): RestartPolicy {
    const { initContainers = [], restartPolicy } = this.#pod.spec ?? {};
    const policy = container.restartPolicy ?? restartPolicy;
    const isInit = initContainers.some(({ name }) => name === container.name);
    if (policy === "Never") return "Never";
    // An init container that has succeeded is done, whatever the pod's policy.
    return policy === "OnFailure" || (isInit && !isSidecar(container)) ? "OnFailure" : "Always";
  }

  #host(): ContainerHost {
    const { events, processes } = this.#services;
    const record: ContainerHost["event"] = ({ name }, event) =>
      events.record(this.#pod, { ...event, fieldPath: containerFieldPath(this.#pod, name) });
    return {
      podText: podText(this.#pod),
      processes,
      prepare: (container) => this.sandbox.prepare(this.#pod, container),
      probeTarget: (container) => this.#probeTarget(container),
      runHook: (container, handler: LifecycleHandler) => runHook(handler, this.#probeTarget(container)),
      logPath: ({ name }, restartCount) => this.sandbox.logPath(this.#pod, name, restartCount),
      changed: () => this.#writer.request(this.#pod),
      event: record,
      terminationGraceMs: () => (this.#pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000,
      terminationMessage: (container, exitCode, path) => this.sandbox.terminationMessage(container, exitCode, path),
    };
  }

  #probeTarget(container: Container): ProbeTarget {
    return {
      podIP: this.sandbox.podIP,
      portOf: (name) => container.ports?.find((port) => port.name === name)?.containerPort,
      exec: async (command, signal) => {
        const spec = this.runners.get(container.name)?.spec;
        if (!spec) return { exitCode: 1, output: `container "${container.name}" is not running` };
        return execInContainer(spec, command, { signal, processes: this.#services.processes });
      },
    };
  }

  /** All containers have ended for good: sidecars are stopped, the last status is written. */
  async #completed(): Promise<void> {
    clearTimeout(this.#deadline);
    await this.#stopContainers((this.#pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000);
    this.#writer.request(this.#pod);
  }

  #armDeadline(): void {
    const seconds = this.#pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined) return;
    const leftMs = Date.parse(this.#startTime) + seconds * 1000 - Date.now();
    this.#deadline = setTimeout(
      () => {
        const message = "Pod was active on the node longer than the specified deadline";
        this.#failure = { reason: "DeadlineExceeded", message };
        this.#services.events.record(this.#pod, { reason: "DeadlineExceeded", message });
        this.#ending ??= this.#completed();
      },
      Math.max(0, leftMs),
    );
  }

  #end(graceMs: number): void {
    this.#ending ??= this.#terminate(graceMs).catch((error: unknown) =>
      this.#services.logError(`Cannot end pod "${podText(this.#pod)}"`, error),
    );
  }

  async #terminate(graceMs: number): Promise<void> {
    clearTimeout(this.#deadline);
    for (const { name } of allContainers(this.#pod)) {
      if (!this.runners.get(name)?.process) continue;
      const event = { reason: "Killing", message: `Stopping container ${name}` };
      this.#services.events.record(this.#pod, { ...event, fieldPath: containerFieldPath(this.#pod, name) });
    }
    await this.#stopContainers(graceMs);
    this.#writer.flush(this.#pod);
    this.#writer.close();
    this.#services.api.delete(Pod, keyOf(this.#pod), {
      gracePeriodSeconds: 0,
      ...(this.#pod.metadata.uid && { preconditions: { uid: this.#pod.metadata.uid } }),
    });
  }

  /** Containers first, sidecars after them in reverse order. */
  async #stopContainers(graceMs: number): Promise<void> {
    this.#pause.wake();
    const endMs = performance.now() + graceMs;
    const left = () => Math.max(0, endMs - performance.now());
    const inits = this.#pod.spec?.initContainers ?? [];
    const names = (this.#pod.spec?.containers ?? []).map(({ name }) => name);
    await Promise.all(names.map((name) => this.runners.get(name)?.stop(left())));
    for (const { name } of [...inits].reverse()) await this.runners.get(name)?.stop(left());
  }

  #snapshot(): PodSnapshot {
    const containers = new Map([...this.runners].map(([name, runner]) => [name, runner.snapshot]));
    return {
      podIP: this.sandbox.podIP,
      hostIP: this.#services.hostIP,
      startTime: this.#startTime,
      sandboxReady: this.#sandboxReady,
      containers,
      ...(this.#failure && { failure: this.#failure }),
    };
  }
}

function keyOf({ metadata: { namespace, name } }: Pod) {
  return namespace === undefined ? { name } : { namespace, name };
}
