import { builtInResources } from "./built-in-resources.ts";
import type { ResourceInfo } from "./resource-info.ts";

/**
 * Which resources the server serves: the built-in ones and those that CRDs define at the moment.
 */
export class Catalog {
  readonly #builtIn: readonly ResourceInfo[] = builtInResources();
  readonly #custom = new Map<string, readonly ResourceInfo[]>();
  #byPath = new Map<string, ResourceInfo>();
  #generation = 0;

  constructor() {
    this.#index();
  }

  /** Grows with every change, for caches of what is derived from the catalog. */
  get generation(): number {
    return this.#generation;
  }

  find(group: string, version: string, plural: string): ResourceInfo | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  /** Any served version of a resource by its storage name, such as `deployments.apps`. */
  findStorage(storage: string): ResourceInfo | undefined {
    return this.list().find((info) => info.storage === storage);
  }

  findKind(apiVersion: string, kind: string): ResourceInfo | undefined {
    const [group, version] = splitApiVersion(apiVersion);
    return this.list().find((info) => info.group === group && info.version === version && info.kind === kind);
  }

  /** Built-in resources first, then custom ones in the order of their CRDs' arrival. */
  list(): ResourceInfo[] {
    return [...this.#builtIn, ...[...this.#custom.values()].flat()];
  }

  isServedGroupVersion(group: string, version: string): boolean {
    return this.list().some((info) => info.group === group && info.version === version);
  }

  isServedGroup(group: string): boolean {
    return this.list().some((info) => info.group === group);
  }

  isCustomGroup(group: string): boolean {
    return !this.#builtIn.some((info) => info.group === group);
  }

  setCustom(crd: string, resources: readonly ResourceInfo[]): void {
    this.#custom.set(crd, resources);
    this.#index();
  }

  removeCustom(crd: string): void {
    if (this.#custom.delete(crd)) this.#index();
  }

  #index(): void {
    this.#generation++;
    this.#byPath = new Map(this.list().map((info) => [`${info.group}/${info.version}/${info.plural}`, info]));
  }
}

/** `apps/v1` → `["apps", "v1"]`, `v1` → `["", "v1"]`. */
export function splitApiVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}
