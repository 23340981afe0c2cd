/** For tests and benchmarks of other packages. */
export { freePort } from "./free-port.ts";
