import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "{packages,apps,tools}/*/src/**/*.test.ts",
      "tools/**/*.test.ts",
      "e2e/*.test.ts",
      "e2e/clients/*.test.ts",
    ],
    environment: "node",
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
