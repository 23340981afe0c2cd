/**
 * The gate: everything that has to hold before a change lands. `npm run check` runs all steps, `npm test` the tests.
 *
 * Usage: node tools/gate/main.ts [STEP...]
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "node_modules/.bin");

interface Step {
  name: string;
  command: string[];
}

const steps: Step[] = [
  { name: "lint", command: ["biome", "ci", "--error-on-warnings", "."] },
  { name: "types", command: ["tsc", "--noEmit"] },
  { name: "layers", command: ["depcruise", "--config", ".dependency-cruiser.cjs", "packages", "apps"] },
  { name: "dead-code", command: ["knip"] },
  { name: "sizes", command: ["node", "tools/gate/sizes.ts"] },
  { name: "requirements", command: ["node", "tools/gate/requirements.ts"] },
  { name: "generated", command: ["node", "tools/generate/main.ts", "--check"] },
  { name: "test", command: ["node", "tools/gate/run-tests.ts"] },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`Unknown step "${unknown[0]}": use ${steps.map(({ name }) => name).join(", ")}, or none for all`);
  process.exit(2);
}

const failed: string[] = [];
for (const { name, command } of steps.filter((step) => wanted.length === 0 || wanted.includes(step.name))) {
  const started = performance.now();
  console.log(`\n── ${name}: ${command.join(" ")}`);
  const [program = "", ...args] = command;
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
  const { status } = spawnSync(program, args, { cwd: root, stdio: "inherit", env });
  if (status !== 0) failed.push(name);
  console.log(
    `── ${name}: ${status === 0 ? "passed" : "FAILED"} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(", ")}`);
  process.exit(1);
}
