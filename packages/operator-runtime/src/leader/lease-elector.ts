import { setTimeout as sleep } from "node:timers/promises";
import { type Client, isAlreadyExists, isConflict } from "@moorage/kube-client";
import { Lease } from "@moorage/kube-types/coordination-v1";
import { microTime } from "../events/micro-time.ts";
import { type LeaseOptions, type LeaseTiming, leaseTiming } from "./lease-options.ts";

/** Who is told. */
export interface LeaseListener {
  /** We may work until `untilMs` on the elector's clock. Called at every renewal. */
  held(untilMs: number): void;
  /** We are about to give the Lease back: no work from now on. */
  released(): void;
  /** We led and do not any more; nothing follows. */
  lost(reason: string): void;
  /** Somebody else leads, or nobody (an empty text). */
  observed(leader: string): void;
}

/**
 * Takes part in the election of one leader by a Lease.
 *
 * *Guarantees*: as long as clocks of two machines run at about the same rate, no two processes are between `held()`
 * and the time it names: the holder counts from before its request and stops after `renewDeadlineMs`, others count
 * from when they saw the renewal and wait `leaseDurationMs`. Times in the Lease are not compared with the own clock.
 * *Assumptions*: `now` never goes back and goes on while the process is stopped.
 * Source: client-go's leaderelection.
 */
export class LeaseElector {
  readonly #client: Client;
  readonly #options: LeaseOptions;
  readonly #timing: LeaseTiming;
  readonly #listener: LeaseListener;
  readonly #now: () => number;
  /** What was seen last, and when it was first seen so. */
  #seen: { record: string; at: number; lease: Lease } | undefined;
  #heldUntilMs: number | undefined;
  #leader: string | undefined;

  constructor(client: Client, options: LeaseOptions, listener: LeaseListener, now: () => number) {
    this.#client = client;
    this.#options = options;
    this.#timing = leaseTiming(options);
    this.#listener = listener;
    this.#now = now;
  }

  /** Runs until leadership is lost or `signal` aborts; the Lease is then given back if it is ours. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAt = this.#now();
      const failure = await this.#attempt().catch((error: unknown) => String(error));
      if (failure === undefined) this.#renewed(startedAt);
      else if (this.#heldUntilMs !== undefined && this.#mustStop(failure)) return;
      await sleep(this.#pauseMs(), undefined, { signal }).catch(() => {});
    }
    await this.#release();
  }

  #renewed(startedAt: number): void {
    this.#heldUntilMs = startedAt + this.#timing.renewDeadlineMs;
    this.#listener.held(this.#heldUntilMs);
  }

  #mustStop(failure: string): boolean {
    const usurped = this.#leader !== this.#options.identity;
    // The next try comes too late when the deadline passes before it.
    const late = this.#now() + this.#timing.retryPeriodMs >= (this.#heldUntilMs ?? 0);
    if (!usurped && !late) return false;
    this.#heldUntilMs = undefined;
    this.#listener.lost(usurped ? `"${this.#leader}" leads now` : `the Lease could not be renewed: ${failure}`);
    return true;
  }

  /** Candidates do not all try at the same moment. */
  #pauseMs(): number {
    const { retryPeriodMs } = this.#timing;
    return this.#heldUntilMs === undefined ? retryPeriodMs * (1 + 0.2 * Math.random()) : retryPeriodMs;
  }

  /** One try to get or keep the Lease. @returns undefined when it is ours, else why not. */
  async #attempt(): Promise<string | undefined> {
    const { namespace, name, identity } = this.#options;
    const timeoutMs = this.#timing.renewDeadlineMs / 2;
    const lease = await this.#client.find(Lease, { namespace, name }, { timeoutMs });
    if (lease) this.#see(lease);
    const holder = lease?.spec.holderIdentity ?? "";
    if (lease && holder !== "" && holder !== identity && !this.#isExpired(lease)) return `"${holder}" holds it`;
    const next = this.#claim(lease);
    const write = lease
      ? this.#client.update(Lease, next, { timeoutMs })
      : this.#client.create(Lease, next, { timeoutMs });
    const written = await write.catch((error: unknown) => {
      // Another candidate was faster.
      if (!isConflict(error) && !isAlreadyExists(error)) throw error;
      return undefined;
    });
    if (!written) return "another candidate was faster";
    this.#see(written);
    return undefined;
  }

  #claim(lease: Lease | undefined): Lease {
    const { namespace, name, identity } = this.#options;
    const now = microTime(Date.now());
    const spec: Lease["spec"] = lease?.spec ?? {};
    const continued = spec.holderIdentity === identity;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      // With the resourceVersion of what was seen, of two who try one fails.
      metadata: lease?.metadata ?? { namespace, name },
      spec: {
        ...spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#timing.leaseDurationMs / 1000),
        acquireTime: continued ? (spec.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: (spec.leaseTransitions ?? 0) + (continued || !lease ? 0 : 1),
      },
    };
  }

  #see(lease: Lease): void {
    const { holderIdentity = "", renewTime, acquireTime, leaseTransitions } = lease.spec;
    const record = JSON.stringify([holderIdentity, renewTime, acquireTime, leaseTransitions]);
    this.#seen = { record, at: this.#seen?.record === record ? this.#seen.at : this.#now(), lease };
    if (this.#leader === holderIdentity) return;
    this.#leader = holderIdentity;
    this.#listener.observed(holderIdentity);
  }

  /** Whether the holder's own duration has passed since we first saw its last renewal. */
  #isExpired(lease: Lease): boolean {
    const durationMs = (lease.spec.leaseDurationSeconds ?? this.#timing.leaseDurationMs / 1000) * 1000;
    return this.#seen !== undefined && this.#now() > this.#seen.at + durationMs;
  }

  /** Gives the Lease back, so that a standby need not wait. If that fails, it waits. */
  async #release(): Promise<void> {
    const lease = this.#seen?.lease;
    if (this.#heldUntilMs === undefined || lease?.spec.holderIdentity !== this.#options.identity) return;
    this.#heldUntilMs = undefined;
    this.#listener.released();
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(Date.now()) };
    await this.#client.update(Lease, { ...lease, spec }, { timeoutMs: 2_000 }).catch(() => {});
  }
}
