import { type Cell, ownCells, peerCells } from "./cells.ts";
import { runClientSuite } from "./client-suite.ts";
import { type CellResult, runCell } from "./run-cell.ts";

/**
 * Runs the official conformance suite against our fixture server behind the proxy, in every cell of eras and
 * transports, then the suite for clients against the proxy's side towards servers, and fails where a scenario fails
 * that could pass.
 * Usage: npm run test:mcp -- [--peers] [--only TEXT]
 */
const firstPort = 19_500;
const onlyIndex = process.argv.indexOf("--only");
const only = onlyIndex < 0 ? "" : (process.argv[onlyIndex + 1] ?? "");
const nameOf = ({ proxy, requirements, server }: Cell) => `${proxy}, ${requirements} client, ${server} server`;
const cells = [...ownCells, ...(process.argv.includes("--peers") ? peerCells : [])].filter((cell) =>
  nameOf(cell).includes(only),
);

const results: CellResult[] = [];
for (const [index, cell] of cells.entries()) {
  const result = await runCell(cell, firstPort + index * 2);
  console.error(`${nameOf(cell)}: ${result.passed}/${result.scored}`);
  results.push(result);
}
console.table(
  results.map(({ cell, passed, scored, failures }) => ({
    cell: nameOf(cell),
    "scored scenarios": `${passed}/${scored}`,
    failed: failures.slice(0, 4).join(", ") + (failures.length > 4 ? " …" : ""),
  })),
);
const clientResults = runClientSuite(only);
console.table(clientResults);
const unexpected = results.filter((result) => result.unexpected.length > 0);
for (const { cell, unexpected: names } of unexpected) console.error(`${nameOf(cell)}: ${names.join(", ")} must pass`);
process.exitCode = unexpected.length > 0 || clientResults.some(({ passed }) => !passed) ? 1 : 0;
