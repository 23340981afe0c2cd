export { type ControllersOptions, controllersOf, conversions, webhooks } from "./controllers.ts";
export { servesLabel } from "./pods/labels.ts";
