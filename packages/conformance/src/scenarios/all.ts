import type { Scenario } from "../scenario.ts";
import { rbacScenarios } from "./access/rbac.ts";
import { reviewScenarios } from "./access/reviews.ts";
import { tokenScenarios } from "./access/tokens.ts";
import { admissionPolicyScenarios } from "./admission-policies.ts";
import { applyScenarios } from "./apply.ts";
import { celScenarios } from "./cel.ts";
import { deploymentScenarios } from "./controllers/deployments.ts";
import { garbageScenarios } from "./controllers/garbage.ts";
import { jobScenarios } from "./controllers/jobs.ts";
import { serviceScenarios } from "./controllers/services.ts";
import { statefulSetScenarios } from "./controllers/stateful-sets.ts";
import { conversionScenarios } from "./conversions.ts";
import { creationScenarios } from "./creation.ts";
import { customScenarios } from "./custom.ts";
import { deletionScenarios } from "./deletion.ts";
import { discoveryScenarios } from "./discovery.ts";
import { eventScenarios } from "./events.ts";
import { kubectlScenarios } from "./kubectl.ts";
import { leaseScenarios } from "./leases.ts";
import { listScenarios } from "./lists.ts";
import { pagingScenarios } from "./paging.ts";
import { patchScenarios } from "./patches.ts";
import { policyScenarios } from "./policies.ts";
import { quotaScenarios } from "./quotas.ts";
import { requestScenarios } from "./requests.ts";
import { ruleCostScenarios } from "./rule-costs.ts";
import { upgradeScenarios } from "./upgrades.ts";
import { validationScenarios } from "./validation.ts";
import { watchScenarios } from "./watches.ts";
import { webhookCallScenarios } from "./webhooks/calls.ts";
import { webhookConfigurationScenarios } from "./webhooks/configurations.ts";

/** Every scenario there is. */
export const scenarios: readonly Scenario[] = [
  ...discoveryScenarios,
  ...creationScenarios,
  ...validationScenarios,
  ...patchScenarios,
  ...applyScenarios,
  ...listScenarios,
  ...deletionScenarios,
  ...customScenarios,
  ...watchScenarios,
  ...webhookCallScenarios,
  ...webhookConfigurationScenarios,
  ...celScenarios,
  ...deploymentScenarios,
  ...statefulSetScenarios,
  ...jobScenarios,
  ...serviceScenarios,
  ...garbageScenarios,
  ...policyScenarios,
  ...rbacScenarios,
  ...reviewScenarios,
  ...tokenScenarios,
  ...upgradeScenarios,
  ...eventScenarios,
  ...pagingScenarios,
  ...requestScenarios,
  ...quotaScenarios,
  ...leaseScenarios,
  ...kubectlScenarios,
  ...conversionScenarios,
  ...ruleCostScenarios,
  ...admissionPolicyScenarios,
];
