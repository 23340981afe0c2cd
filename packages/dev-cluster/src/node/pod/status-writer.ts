import { Pod, type PodStatus } from "@moorage/kube-types/core-v1";
import { unlessGone } from "../../controllers/runtime/api-errors.ts";
import { equalsAsJson } from "../../controllers/runtime/deep-equal.ts";
import type { NodeServices } from "./node-services.ts";

/**
 * Writes the status of one pod.
 *
 * *Guarantees*: one write for all changes of a turn of the event loop, none when nothing has changed, and none to
 * another pod of the same name.
 */
export class PodStatusWriter {
  readonly #services: NodeServices;
  readonly #statusOf: (pod: Pod) => PodStatus;
  #pending: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(services: NodeServices, statusOf: (pod: Pod) => PodStatus) {
    this.#services = services;
    this.#statusOf = statusOf;
  }

  request(pod: Pod): void {
    if (this.#closed) return;
    this.#pending ??= setImmediate(() => this.flush(pod));
  }

  flush({ metadata: { name, namespace, uid } }: Pod): void {
    if (this.#pending) clearImmediate(this.#pending);
    this.#pending = undefined;
    const { api } = this.#services;
    const current = api.get(Pod, namespace === undefined ? { name } : { namespace, name });
    if (this.#closed || !current || current.metadata.uid !== uid) return;
    const status = this.#statusOf(current);
    if (equalsAsJson(status, current.status)) return;
    unlessGone(() => api.update(Pod, { ...current, status }, { subresource: "status" }));
  }

  close(): void {
    this.#closed = true;
    if (this.#pending) clearImmediate(this.#pending);
  }
}
