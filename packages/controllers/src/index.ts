export { type AccessRule, accessRulesOf } from "./access-rules.ts";
export { type ControllersOptions, controllersOf } from "./controllers.ts";
