export { FakeClock } from "./fake-clock.ts";
export { type MemoryCluster, memoryView, reconcileOnce } from "./reconcile-once.ts";
export { type TestOperator, type TestOperatorOptions, testOperator } from "./test-operator.ts";
