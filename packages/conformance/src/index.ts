export { ApiConnection } from "./api-connection.ts";
export { normalize } from "./normalize.ts";
export { runScenario } from "./run-scenario.ts";
export type { Scenario, Step, StepAnswer } from "./scenario.ts";
export { scenarios } from "./scenarios/all.ts";
