import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ClusterConfig } from "@moorage/kube-client";
import type { Logger } from "pino";
import type { Address } from "../server/http-endpoint.ts";
import { type LeaseOptions, leaseTiming } from "./lease-options.ts";
import type { ThreadData, ThreadOrder, ThreadReport } from "./thread-messages.ts";

export interface LeadershipOptions {
  cluster: ClusterConfig;
  lease: LeaseOptions;
  /** Where the thread answers probes. */
  probes: Address | undefined;
  log: Logger;
}

/**
 * Whether this process is the one that works.
 *
 * *Guarantees*: the Lease is renewed on a thread of its own, however busy this one is; `assertHeld()` throws from the
 * moment the renew deadline passes, also when this process was stopped and goes on (nothing has to run for that: it
 * compares clocks).
 */
export class Leadership {
  readonly #worker: Worker;
  readonly #log: Logger;
  readonly #heldUntil = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #acquired = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<Error>();
  readonly #released = Promise.withResolvers<void>();
  readonly #serving = Promise.withResolvers<number | undefined>();
  #leading = false;

  constructor(options: LeadershipOptions) {
    leaseTiming(options.lease);
    this.#log = options.log;
    const workerData: ThreadData = {
      cluster: options.cluster,
      lease: options.lease,
      probes: options.probes,
      heldUntil: this.#heldUntil.buffer,
    };
    // Compiled or bundled, the thread's file lies beside this one too.
    const file = join(import.meta.dirname, `leader-thread${extname(import.meta.filename)}`);
    this.#worker = new Worker(file, { workerData });
    this.#worker.on("message", (report: ThreadReport) => this.#heard(report));
    this.#worker.on("error", (error) => this.#broken(error));
    this.#serving.promise.catch(() => {});
  }

  /** Resolves when this process leads for the first time. */
  get acquired(): Promise<void> {
    return this.#acquired.promise;
  }

  /** Resolves with the reason when leadership, once acquired, is lost, or when the thread breaks. */
  get lost(): Promise<Error> {
    return this.#lost.promise;
  }

  /** The probes' port. @throws Error when it is in use. */
  get serving(): Promise<number | undefined> {
    return this.#serving.promise;
  }

  get held(): boolean {
    return process.hrtime.bigint() < Atomics.load(this.#heldUntil, 0);
  }

  /** @throws Error unless this process may write now. */
  assertHeld(): void {
    if (!this.held) throw new Error("Cannot write: this process does not lead, or has not renewed its Lease in time");
  }

  /** Tells the thread what `/readyz` is to answer. At least every 30 s: silence means a stuck process. */
  tellReady(answer: { status: number; body: string }): void {
    this.#order({ what: "ready", ...answer });
  }

  /** Gives the Lease back and ends the thread. */
  async release(): Promise<void> {
    this.#order({ what: "release" });
    await this.#released.promise;
    await this.#worker.terminate();
  }

  #order(order: ThreadOrder): void {
    this.#worker.postMessage(order);
  }

  #heard(report: ThreadReport): void {
    switch (report.what) {
      case "serving":
        this.#serving.resolve(report.port);
        break;
      case "held":
        if (!this.#leading) this.#log.info("This process leads");
        this.#leading = true;
        this.#acquired.resolve();
        break;
      case "observed":
        if (report.leader !== "") this.#log.info({ leader: report.leader }, "Leader seen");
        break;
      case "lost":
        this.#lost.resolve(new Error(`Leadership is lost: ${report.reason}`));
        break;
      case "released":
        this.#released.resolve();
    }
  }

  #broken(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    Atomics.store(this.#heldUntil, 0, 0n);
    this.#serving.reject(reason);
    this.#lost.resolve(reason);
    this.#released.resolve();
  }
}
