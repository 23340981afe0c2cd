import type { KubeObject } from "@moorage/kube-types";
import type { Logger } from "pino";
import type { ClusterView } from "./cluster-view.ts";
import type { Outcome } from "./outcome.ts";

/** What happened to an object, as extensions hear of it. */
export type LifecycleEvent = "created" | "ready" | "notReady" | "deleted";

/** How a reconcile ended, as extensions hear of it. */
export interface ReconcileReport {
  controller: string;
  outcome?: Outcome;
  error?: unknown;
}

/**
 * Code of others beside the controllers: hooks before and after reconciles, and integrations that are told of what
 * happens.
 *
 * *Guarantees*: called in the order of registration; what `afterReconcile` and `onLifecycle` throw is logged and harms
 * nothing; what `beforeReconcile` throws fails the reconcile, as if the controller had thrown it.
 * *Caveats*: `onLifecycle` is told at least once; after a restart "created" and "ready" may come again.
 */
export interface Extension {
  name: string;
  /** Returns an outcome to have that carried out instead of asking the controller. */
  beforeReconcile?(object: KubeObject, cluster: ClusterView): Outcome | undefined | Promise<Outcome | undefined>;
  afterReconcile?(object: KubeObject, report: ReconcileReport): void | Promise<void>;
  onLifecycle?(event: LifecycleEvent, object: KubeObject): void | Promise<void>;
}

/** Calls extensions, and keeps what they throw from harming anybody where that is promised. */
export class Extensions {
  readonly #extensions: readonly Extension[];
  readonly #log: Logger;

  constructor(extensions: readonly Extension[], log: Logger) {
    this.#extensions = extensions;
    this.#log = log;
  }

  /** The first outcome that an extension gives. */
  async before(object: KubeObject, cluster: ClusterView): Promise<Outcome | undefined> {
    for (const extension of this.#extensions) {
      const outcome = await extension.beforeReconcile?.(object, cluster);
      if (outcome) return outcome;
    }
    return undefined;
  }

  async after(object: KubeObject, report: ReconcileReport): Promise<void> {
    for (const extension of this.#extensions) {
      await this.#guarded(extension, async () => extension.afterReconcile?.(object, report));
    }
  }

  /** Does not wait: an integration that is slow must not hold up reconciles. */
  tell(event: LifecycleEvent, object: KubeObject): void {
    for (const extension of this.#extensions) {
      void this.#guarded(extension, async () => extension.onLifecycle?.(event, object));
    }
  }

  async #guarded({ name }: Extension, call: () => Promise<void>): Promise<void> {
    await call().catch((error: unknown) => this.#log.error({ err: error, extension: name }, "Extension failed"));
  }
}
