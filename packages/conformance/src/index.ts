export { ApiConnection } from "./api-connection.ts";
export { normalize } from "./normalize.ts";
export { runScenario } from "./run-scenario.ts";
export type { Scenario } from "./scenario.ts";
export { scenarios } from "./scenarios/all.ts";
export type { Step, StepAnswer } from "./step.ts";
export { WebhookServer } from "./webhook-server.ts";
