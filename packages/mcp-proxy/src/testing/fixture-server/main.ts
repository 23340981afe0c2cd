import { createInterface } from "node:readline";
import { FixtureServer } from "./fixture-server.ts";

/** Usage: node main.ts [legacy|modern|dual]. Speaks MCP over standard input and output. */
const [, , era = "dual"] = process.argv;
if (era !== "legacy" && era !== "modern" && era !== "dual") throw new Error(`Unknown era "${era}"`);

const server = new FixtureServer(era, (text) => process.stdout.write(text));
createInterface({ input: process.stdin }).on("line", (line) => server.receive(line));
