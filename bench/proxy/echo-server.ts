/** The fastest stdio MCP server we can write: what is measured is the way to it. Legacy era. */
import { answer } from "./echo.ts";

let rest = "";
process.stdin.setEncoding("utf8").on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  process.stdout.write(lines.map(answer).join(""));
});
process.stdin.on("end", () => process.exit(0));
