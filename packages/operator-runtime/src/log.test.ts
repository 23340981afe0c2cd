import { describe, expect, it } from "vitest";
import { createLogger } from "./log.ts";

describe("createLogger()", () => {
  it("writes JSON lines with ts, level as a word, msg, and what the caller adds", () => {
    const lines: string[] = [];
    const log = createLogger({ destination: { write: (line) => lines.push(line) } });
    log.child({ controller: "c", namespace: "n", name: "x", reconcileID: "1" }).warn("Careful");
    log.debug("not at this level");
    expect(lines).toHaveLength(1);
    const line: unknown = JSON.parse(lines[0] ?? "");
    expect(line).toEqual({
      ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      level: "warn",
      msg: "Careful",
      controller: "c",
      namespace: "n",
      name: "x",
      reconcileID: "1",
    });
  });
});
