import { rfc3339Seconds } from "@moorage/kube-types";
import type { Container, ContainerStatus, LifecycleHandler } from "@moorage/kube-types/core-v1";
import { PullError } from "../images/pull-error.ts";
import { ContainerLog, deleteLog } from "../logs/container-log.ts";
import { copyOutput, outputEnd } from "../logs/copy-output.ts";
import type { ProbeTarget } from "../probes/run-probe.ts";
import { ContainerProcess, type Exit } from "../process/container-process.ts";
import type { ProcessTable } from "../process/process-table.ts";
import { ConfigError } from "./container-environment.ts";
import { ContainerProbes } from "./container-probes.ts";
import { continuedFrom, lastStateFrom, terminatedState } from "./container-states.ts";
import { Pause } from "./pause.ts";
import type { ContainerSnapshot } from "./pod-status.ts";
import type { PreparedProcess } from "./prepared-process.ts";

/** What a container needs of its pod. */
export interface ContainerHost {
  /** Finds the program and its environment. @throws PullError or ConfigError for what a user has to mend. */
  prepare(container: Container): Promise<PreparedProcess>;
  probeTarget(container: Container): ProbeTarget;
  runHook(container: Container, handler: LifecycleHandler): Promise<string | undefined>;
  logPath(container: Container, restartCount: number): string;
  /** Something in the snapshot has changed. */
  changed(): void;
  event(container: Container, event: { type?: "Warning"; reason: string; message: string }): void;
  /** `web_default(uid)` for messages. */
  podText: string;
  processes: ProcessTable;
  terminationGraceMs(): number;
  terminationMessage(container: Container, exitCode: number, logPath: string): string | undefined;
}

export type RestartPolicy = "Always" | "OnFailure" | "Never";

/** Back-off of restarts and of pulls. Source: kubelet, `MaxContainerBackOff` and `imageBackOff`. */
const firstBackOffMs = 10_000;
const maxBackOffMs = 300_000;
/** A container that ran this long starts with a fresh back-off. */
const steadyMs = 600_000;
/** How long `ErrImagePull` is shown before it becomes `ImagePullBackOff`. */
const pullErrorShownMs = 1_000;

/**
 * Runs one container of a pod: prepares it, starts it, watches over it by its probes, starts it again with back-off
 * as its restart policy says, and stops it with grace.
 *
 * States: waiting → running → terminated → waiting (`CrashLoopBackOff`) → running …
 */
export class ContainerRunner {
  readonly container: Container;
  /** Settles when the container will not run again. */
  readonly finished: Promise<void>;
  readonly #host: ContainerHost;
  readonly #policy: RestartPolicy;
  readonly #pause = new Pause();
  #snapshot: ContainerSnapshot = { restartCount: 0, ready: false, started: false };
  #process: ContainerProcess | undefined;
  #spec: PreparedProcess | undefined;
  #log: ContainerLog | undefined;
  #probes: ContainerProbes | undefined;
  #backOffMs = 0;
  #stopping = false;
  #startedWaiters: (() => void)[] = [];
  #finish: () => void = () => {};

  constructor(
    container: Container,
    host: ContainerHost,
    options: { policy: RestartPolicy; previous?: ContainerStatus },
  ) {
    this.container = container;
    this.#host = host;
    this.#policy = options.policy;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    if (options.previous) this.#snapshot = { ...this.#snapshot, ...continuedFrom(options.previous, new Date()) };
  }

  get snapshot(): ContainerSnapshot {
    return this.#snapshot;
  }

  get log(): ContainerLog | undefined {
    return this.#log;
  }

  /** What the running process was started with: commands in the container start with the same. */
  get spec(): PreparedProcess | undefined {
    return this.#spec;
  }

  /** The running process. */
  get process(): ContainerProcess | undefined {
    return this.#process;
  }

  start(): void {
    // What is thrown here is a defect of this program; the pod's boundary reports it.
    void this.#run().finally(() => {
      this.#finish();
      this.#hasStarted();
    });
  }

  /** Resolves when the container runs and its startup probe has succeeded, or when it will never run. */
  started(): Promise<void> {
    if (this.#snapshot.started) return Promise.resolve();
    return new Promise((resolve) => this.#startedWaiters.push(resolve));
  }

  /** Tries again at once what waits for an image or a reference. Restarts after a crash keep their back-off. */
  wake(): void {
    if (this.#snapshot.state?.waiting?.reason === "CreateContainerConfigError") this.#pause.wake();
  }

  /** Asks the process to end, kills it after `graceMs`, and resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    const isFirst = !this.#stopping;
    this.#stopping = true;
    this.#pause.wake();
    if (this.#process) await this.#end(this.#process, graceMs, { preStop: isFirst });
    else if (!this.#snapshot.state?.running) this.#finish();
    await this.finished;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const spec = await this.#prepare();
      if (!spec || this.#stopping) break;
      const startedMs = performance.now();
      const exit = await this.#runOnce(spec);
      await spec.release?.();
      if (this.#stopping || !this.#restarts(exit)) break;
      if (performance.now() - startedMs >= steadyMs) this.#backOffMs = 0;
      await this.#backOff();
    }
  }

  async #prepare(): Promise<PreparedProcess | undefined> {
    let backOffMs = firstBackOffMs;
    while (!this.#stopping) {
      try {
        const prepared = await this.#host.prepare(this.container);
        this.#host.event(this.container, { reason: "Pulled", message: this.#pulledMessage() });
        return prepared;
      } catch (error) {
        if (error instanceof PullError) await this.#waitToPull(error, backOffMs);
        else if (error instanceof ConfigError) await this.#waitForConfig(error);
        else await this.#waitAfterFailure(error, backOffMs);
        backOffMs = Math.min(backOffMs * 2, maxBackOffMs);
      }
    }
    return undefined;
  }

  #pulledMessage(): string {
    return `Container image "${this.container.image}" already present on machine and can be accessed by the pod`;
  }

  async #waitToPull({ reason, message }: PullError, backOffMs: number): Promise<void> {
    const { image = "" } = this.container;
    this.#wait(reason, message);
    this.#host.event(this.container, {
      type: "Warning",
      reason: "Failed",
      message: `Failed to pull image "${image}": ${message}`,
    });
    this.#host.event(this.container, { type: "Warning", reason: "Failed", message: `Error: ${reason}` });
    if (reason === "ErrImagePull") {
      await this.#pause.for(pullErrorShownMs);
      if (this.#stopping) return;
      this.#wait("ImagePullBackOff", `Back-off pulling image "${image}": ErrImagePull: ${message}`);
    }
    await this.#pause.for(backOffMs);
  }

  async #waitForConfig({ message }: ConfigError): Promise<void> {
    this.#wait("CreateContainerConfigError", message);
    this.#host.event(this.container, { type: "Warning", reason: "Failed", message: `Error: ${message}` });
    await this.#pause.for(maxBackOffMs);
  }

  async #waitAfterFailure(error: unknown, backOffMs: number): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    this.#wait("CreateContainerError", message);
    this.#host.event(this.container, { type: "Warning", reason: "Failed", message: `Error: ${message}` });
    await this.#pause.for(backOffMs);
  }

  async #runOnce(spec: PreparedProcess): Promise<Exit> {
    const { container } = this;
    const { restartCount } = this.#snapshot;
    // Each run has a mark of its own: what a run leaves behind is killed while the next one is under way.
    const id = `${this.#host.podText}/${container.name}/${restartCount}`;
    const log = new ContainerLog(this.#host.logPath(container, restartCount));
    // The log of the run before stays for `kubectl logs --previous`.
    deleteLog(this.#host.logPath(container, restartCount - 2));
    this.#log = log;
    const process = new ContainerProcess({ ...spec, env: { ...spec.env, ...this.#host.processes.markFor(id) } });
    this.#process = process;
    this.#spec = spec;
    process.stdin.end();
    copyOutput(process.stdout, "stdout", log);
    copyOutput(process.stderr, "stderr", log);
    const startedAt = rfc3339Seconds(new Date());
    if (process.pid !== undefined) {
      this.#host.processes.add(process.pid);
      this.#host.event(container, { reason: "Created", message: "Container created" });
      this.#nowRunning(process.pid, startedAt);
    }
    if (this.#stopping) process.signal("SIGTERM");
    const exit = await process.exited;
    if (process.pid !== undefined) await outputEnd(process);
    this.#probes?.stop();
    if (process.pid !== undefined) this.#host.processes.remove(process.pid, id);
    log.close();
    this.#process = undefined;
    this.#spec = undefined;
    this.#nowTerminated(exit, startedAt, log.path);
    return exit;
  }

  #nowRunning(pid: number, startedAt: string): void {
    const { startupProbe, readinessProbe, lifecycle } = this.container;
    const started = startupProbe === undefined;
    this.#change({
      state: { running: { startedAt } },
      started,
      ready: started && readinessProbe === undefined,
      containerID: `process://${pid}`,
    });
    const { name } = this.container;
    this.#host.event(this.container, { reason: "Started", message: `Started container ${name}` });
    if (lifecycle?.postStart) void this.#postStart(lifecycle.postStart);
    if (started) this.#hasStarted();
    this.#probes = this.#watchHealth();
  }

  async #postStart(handler: LifecycleHandler): Promise<void> {
    const failure = await this.#host.runHook(this.container, handler);
    if (failure === undefined) return;
    this.#host.event(this.container, {
      type: "Warning",
      reason: "FailedPostStartHook",
      message: `PostStartHook failed: ${failure}`,
    });
    if (this.#process) await this.#end(this.#process, this.#host.terminationGraceMs(), { preStop: false });
  }

  #watchHealth(): ContainerProbes {
    const { container } = this;
    return new ContainerProbes(container, this.#host.probeTarget(container), {
      started: () => {
        this.#change({ started: true, ready: container.readinessProbe === undefined });
        this.#hasStarted();
      },
      ready: (ok) => this.#change({ ready: ok }),
      restart: (why) => this.#restartFor(why),
      unhealthy: (message) => this.#host.event(container, { type: "Warning", reason: "Unhealthy", message }),
    });
  }

  #hasStarted(): void {
    for (const waiter of this.#startedWaiters.splice(0)) waiter();
  }

  #restartFor(probe: "startup" | "liveness"): void {
    const { name, startupProbe, livenessProbe } = this.container;
    const seconds = (probe === "startup" ? startupProbe : livenessProbe)?.terminationGracePeriodSeconds;
    const graceMs = seconds === undefined ? this.#host.terminationGraceMs() : seconds * 1000;
    const message = `Container ${name} failed ${probe} probe, will be restarted`;
    this.#host.event(this.container, { reason: "Killing", message });
    if (this.#process) void this.#end(this.#process, graceMs, { preStop: true });
  }

  async #end(process: ContainerProcess, graceMs: number, { preStop }: { preStop: boolean }): Promise<void> {
    this.#probes?.stop();
    const deadline = setTimeout(() => process.signal("SIGKILL"), graceMs);
    const hook = this.container.lifecycle?.preStop;
    if (preStop && hook && graceMs > 0) {
      const failure = await Promise.race([
        this.#host.runHook(this.container, hook),
        process.exited.then(() => undefined),
      ]);
      if (failure !== undefined) {
        this.#host.event(this.container, {
          type: "Warning",
          reason: "FailedPreStopHook",
          message: `PreStopHook failed: ${failure}`,
        });
      }
    }
    process.signal("SIGTERM");
    await process.exited;
    clearTimeout(deadline);
  }

  #nowTerminated(exit: Exit, startedAt: string, logPath: string): void {
    const { containerID } = this.#snapshot;
    const message = this.#host.terminationMessage(this.container, exit.exitCode, logPath);
    const run = { startedAt, ...(message && { message }), ...(containerID && { containerID }) };
    const { startError } = exit;
    if (startError)
      this.#host.event(this.container, { type: "Warning", reason: "Failed", message: `Error: ${startError}` });
    this.#change({ state: { terminated: terminatedState(exit, run, new Date()) }, ready: false, started: false });
  }

  #restarts({ exitCode }: Exit): boolean {
    return this.#policy === "Always" || (this.#policy === "OnFailure" && exitCode !== 0);
  }

  /** The first restart comes at once, then after 10 s, 20 s … 5 min. */
  async #backOff(): Promise<void> {
    const ms = this.#backOffMs;
    this.#backOffMs = ms === 0 ? firstBackOffMs : Math.min(ms * 2, maxBackOffMs);
    const { name } = this.container;
    const { state, restartCount } = this.#snapshot;
    if (ms > 0) {
      const pod = this.#host.podText;
      const message = `back-off ${ms / 1000}s restarting failed container=${name} pod=${pod}`;
      this.#change({ state: { waiting: { reason: "CrashLoopBackOff", message } }, ...lastStateFrom(state) });
      const text = `Back-off restarting failed container ${name} in pod ${pod}`;
      this.#host.event(this.container, { type: "Warning", reason: "BackOff", message: text });
      await this.#pause.for(ms);
    }
    if (!this.#stopping) this.#change({ restartCount: restartCount + 1, ...lastStateFrom(state) });
  }

  #wait(reason: string, message: string): void {
    this.#change({ state: { waiting: { reason, message: message.slice(0, 2000) } }, ready: false, started: false });
  }

  #change(change: Partial<ContainerSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    this.#host.changed();
  }
}
