import type { Probe } from "@moorage/kube-types/core-v1";
import { type ProbeTarget, runProbe } from "./run-probe.ts";

/** Told of what a probe finds. */
export interface ProbeListener {
  /** The result has held for `successThreshold` or `failureThreshold` looks in a row. */
  settled(ok: boolean): void;
  /** One look failed. */
  failed(message: string): void;
}

/**
 * Until a probe has settled, a failed look is repeated after this time: a process is up within a fraction of the
 * second that is a probe's shortest period, and someone at a laptop waits for it. Such extra looks count as
 * successes only, so that nothing is killed earlier than on a cluster.
 */
const eagerMs = 100;

/**
 * Probes one container by one probe until stopped: first after `initialDelaySeconds`, then every
 * `periodSeconds`. *Guarantees*: looks never overlap; `settled` is called on changes only, beginning with the first.
 */
export class Prober {
  readonly #probe: Probe;
  readonly #target: ProbeTarget;
  readonly #listener: ProbeListener;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #state: boolean | undefined;
  #run = { ok: true, length: 0 };
  // A program that is just starting is expected to fail its first looks: they count from the first full period on.
  #countedMs = performance.now();

  constructor(probe: Probe, target: ProbeTarget, listener: ProbeListener) {
    this.#probe = probe;
    this.#target = target;
    this.#listener = listener;
    this.#schedule((probe.initialDelaySeconds ?? 0) * 1000);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => this.#look(), delayMs);
  }

  async #look(): Promise<void> {
    const startedMs = performance.now();
    const result = await runProbe(this.#probe, this.#target);
    if (this.#stopped) return;
    const periodMs = (this.#probe.periodSeconds ?? 10) * 1000;
    if (result.ok || startedMs - this.#countedMs >= periodMs - 1) {
      this.#countedMs = startedMs;
      if (!result.ok) this.#listener.failed(result.message);
      this.#count(result.ok);
    }
    if (this.#stopped) return;
    const nextMs = this.#state === undefined && !result.ok ? Math.min(eagerMs, periodMs) : periodMs;
    this.#schedule(Math.max(0, nextMs - (performance.now() - startedMs)));
  }

  #count(ok: boolean): void {
    this.#run = ok === this.#run.ok ? { ok, length: this.#run.length + 1 } : { ok, length: 1 };
    const threshold = ok ? (this.#probe.successThreshold ?? 1) : (this.#probe.failureThreshold ?? 3);
    if (this.#run.length < threshold || this.#state === ok) return;
    this.#state = ok;
    this.#listener.settled(ok);
  }
}
