import type { Container } from "@moorage/kube-types/core-v1";
import { Prober } from "../probes/prober.ts";
import type { ProbeTarget } from "../probes/run-probe.ts";

/** What a container does about what its probes find. */
export interface ProbeReactions {
  /** The startup probe has succeeded. */
  started(): void;
  ready(ok: boolean): void;
  /** The container has to be started again. */
  restart(why: "startup" | "liveness"): void;
  unhealthy(message: string): void;
}

/** The three probes of one run of a container: readiness and liveness begin once startup has succeeded. */
export class ContainerProbes {
  readonly #container: Container;
  readonly #target: ProbeTarget;
  readonly #reactions: ProbeReactions;
  #probers: Prober[] = [];

  constructor(container: Container, target: ProbeTarget, reactions: ProbeReactions) {
    this.#container = container;
    this.#target = target;
    this.#reactions = reactions;
    if (container.startupProbe) this.#probeStartup();
    else this.#probeRunning();
  }

  stop(): void {
    for (const prober of this.#probers.splice(0)) prober.stop();
  }

  #probeStartup(): void {
    this.#probe("Startup", (ok) => {
      if (!ok) {
        this.#reactions.restart("startup");
        return;
      }
      this.stop();
      this.#reactions.started();
      this.#probeRunning();
    });
  }

  #probeRunning(): void {
    this.#probe("Readiness", (ok) => this.#reactions.ready(ok));
    this.#probe("Liveness", (ok) => (ok ? undefined : this.#reactions.restart("liveness")));
  }

  #probe(kind: "Startup" | "Readiness" | "Liveness", settled: (ok: boolean) => void): void {
    const { startupProbe, readinessProbe, livenessProbe } = this.#container;
    const probe = { Startup: startupProbe, Readiness: readinessProbe, Liveness: livenessProbe }[kind];
    if (!probe) return;
    const failed = (message: string) => this.#reactions.unhealthy(`${kind} probe failed: ${message}`);
    this.#probers.push(new Prober(probe, this.#target, { failed, settled }));
  }
}
