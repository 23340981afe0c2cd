import { setFlagsFromString } from "node:v8";

/**
 * Lets the heap grow by 40 % of what is in use before it is collected, in place of V8's up to fourfold.
 *
 * An operator holds its caches and is idle most of the time: memory is what it costs. Measured with 5,000 WebApps: a
 * third less memory at the peak, for no CPU that could be told from noise (`bench/operator`). Not for the proxy, which
 * allocates much and keeps little.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--heap-growing-percent=40");
}
