import type { Client, ObjectKey } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Logger } from "pino";
import type { Cache } from "../cache/cache.ts";
import type { Filter } from "../cache/informer.ts";
import { keyText, typeText } from "../cache/object-key.ts";
import type { ClusterView, ListQuery } from "../cluster-view.ts";
import type { Controller } from "../controller.ts";
import { kindsOf } from "./controller-kinds.ts";

interface ViewOptions {
  client: Client;
  now(): Date;
  signal: AbortSignal;
  log: Logger;
}

/** What a controller reads of the cache: of a kind that it watches with filters only what those let through. */
export class ControllerReads {
  readonly #cache: Cache;
  readonly #filters = new Map<string, (Filter | undefined)[]>();

  constructor(controller: Controller, cache: Cache) {
    this.#cache = cache;
    for (const { type, filter } of kindsOf(controller)) {
      const filters = this.#filters.get(typeText(type)) ?? [];
      this.#filters.set(typeText(type), [...filters, filter]);
    }
  }

  find<U extends KubeObject>(type: ResourceType<U>, key: ObjectKey): U | undefined {
    for (const filter of this.#filtersOf(type)) {
      const found = this.#cache.find(type, key, filter);
      if (found) return found;
    }
    return undefined;
  }

  list<U extends KubeObject>(type: ResourceType<U>, query?: ListQuery): readonly U[] {
    const [first, ...others] = this.#filtersOf(type);
    const found = this.#cache.list(type, query, first);
    if (others.length === 0) return found;
    const all = [...found, ...others.flatMap((filter) => this.#cache.list(type, query, filter))];
    return [...new Map(all.map((object) => [keyText(object.metadata), object])).values()];
  }

  serves(type: ResourceType): boolean {
    return this.#filtersOf(type).every((filter) => this.#cache.serves(type, filter));
  }

  view(options: ViewOptions): ClusterView {
    return {
      find: (type, key) => this.find(type, key),
      list: (type, query) => this.list(type, query),
      serves: (type) => this.serves(type),
      ...options,
    };
  }

  /** A watch of the whole kind has everything that others of that kind have. */
  #filtersOf(type: ResourceType): readonly (Filter | undefined)[] {
    const filters = this.#filters.get(typeText(type)) ?? [undefined];
    return filters.includes(undefined) ? [undefined] : filters;
  }
}
