export { type AccessRule, accessRulesOf } from "./access-rules.ts";
export { type ControllersOptions, controllersOf, webhooks } from "./controllers.ts";
