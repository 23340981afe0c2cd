export { type AccessRule, accessRulesOf, conversionRulesOf } from "./access-rules.ts";
export { type ControllersOptions, controllersOf, conversions, webhooks } from "./controllers.ts";
export { servesLabel } from "./pods/labels.ts";
