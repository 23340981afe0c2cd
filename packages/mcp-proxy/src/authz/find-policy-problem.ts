import type { Authorization } from "../run-config/security-schema.ts";
import { PolicyEngine } from "./policy-engine.ts";

/** What is wrong with Cedar policies or entities; `undefined` when a proxy would take them. */
export async function findPolicyProblem(config: Authorization): Promise<string | undefined> {
  return PolicyEngine.parse(config).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
