/** Cedar weighs several megabytes: this file is loaded only where there are policies. */
export { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
