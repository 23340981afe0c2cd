import { admitBuiltIn, checkBuiltIn } from "../admission/built-in-admission.ts";
import { trackUpdate } from "../apply/track-update.ts";
import { Conversions } from "../crd/conversions.ts";
import { customStrategy } from "../crd/custom-strategy.ts";
import { Store } from "../store/store.ts";
import { Catalog } from "./catalog.ts";
import { Registry } from "./registry.ts";
import type { ResourceInfo } from "./resource-info.ts";
import { ServiceAddresses, type ServiceRanges } from "./service-addresses.ts";
import { builtInStrategy } from "./strategies/built-in-strategies.ts";
import type { Strategy } from "./strategy.ts";

/** What the API server's parts share. */
export interface ApiCore {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly registry: Registry;
  readonly addresses: ServiceAddresses;
  readonly conversions: Conversions;
}

/** Options of the core. */
export interface ApiCoreOptions {
  /** Absent: nothing is saved. */
  readonly databasePath?: string | undefined;
  readonly services: ServiceRanges;
}

/** Opens the store and puts the registry over it. */
export function createApiCore({ databasePath, services }: ApiCoreOptions): ApiCore {
  const store = new Store(databasePath);
  const catalog = new Catalog();
  const addresses = new ServiceAddresses(store, services);
  // A resource's description is made anew with each change of its CRD, and with it the strategy.
  const customStrategies = new WeakMap<ResourceInfo, Strategy>();
  const strategyOf = (info: ResourceInfo): Strategy => {
    if (!info.custom) return builtInStrategy(info.storage);
    const strategy = customStrategies.get(info) ?? customStrategy(info);
    customStrategies.set(info, strategy);
    return strategy;
  };
  const registry = new Registry(store, {
    strategyOf,
    trackFields: trackUpdate,
    admit: (draft) => admitBuiltIn(draft, store),
    reserve: (draft) => {
      checkBuiltIn(draft, store);
      if (draft.info.storage === "services") addresses.allocate(draft.object);
    },
  });
  return { store, catalog, registry, addresses, conversions: new Conversions(store) };
}
