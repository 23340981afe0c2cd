import type { Draft } from "../registry/registry.ts";
import type { Store } from "../store/store.ts";
import { checkNamespace } from "./namespace-lifecycle.ts";
import { addDefaultTolerations, assignPriority } from "./pod-defaults.ts";
import { assignServiceAccount } from "./service-account.ts";

/** The admission plugins that the real server has on by default and that fit a laptop, in its order. */
export function admitBuiltIn(draft: Draft, store: Store): void {
  if (draft.options.subresource) return;
  checkNamespace(draft, store);
  assignServiceAccount(draft, store);
  addDefaultTolerations(draft);
  assignPriority(draft, store);
}
