import type { Draft } from "../registry/registry.ts";
import type { Store } from "../store/store.ts";
import { checkQuota } from "./count-quota.ts";
import { applyLimitDefaults, checkLimitRanges } from "./limit-ranges.ts";
import { checkNamespace } from "./namespace-lifecycle.ts";
import { addDefaultTolerations, assignPriority } from "./pod-defaults.ts";
import { checkPodSecurity } from "./pod-security/check-pod-security.ts";
import { assignServiceAccount } from "./service-account.ts";

/** The admission plugins that the real server has on by default and that fit a laptop, in its order. */
export function admitBuiltIn(draft: Draft, store: Store): void {
  if (draft.options.subresource) return;
  checkNamespace(draft, store);
  assignServiceAccount(draft, store);
  addDefaultTolerations(draft);
  assignPriority(draft, store);
  applyLimitDefaults(draft, store);
}

/** What only refuses, after the webhooks and when the object is known to be valid. */
export function checkBuiltIn(draft: Draft, store: Store): void {
  checkLimitRanges(draft, store);
  checkPodSecurity(draft, store);
  checkQuota(draft, store);
}
