import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "./error-codes.ts";
import { parseMessage } from "./parse-message.ts";

describe("parseMessage()", () => {
  it.each([
    ["a request", { jsonrpc: "2.0", id: 1, method: "ping" }],
    ["a request with params", { jsonrpc: "2.0", id: "a", method: "tools/call", params: { name: "x" } }],
    ["a notification", { jsonrpc: "2.0", method: "notifications/initialized" }],
    ["a result", { jsonrpc: "2.0", id: 0, result: {} }],
    ["an error", { jsonrpc: "2.0", id: 2, error: { code: -32601, message: "No", data: [1] } }],
    ["an error without id", { jsonrpc: "2.0", error: { code: -32700, message: "No" } }],
  ])("reads %s", (_, message) => {
    expect(parseMessage(JSON.stringify(message))).toEqual({ ok: true, message });
  });

  it("reads an error with a null id as one without", () => {
    const error = { code: -32700, message: "No" };
    expect(parseMessage(JSON.stringify({ jsonrpc: "2.0", id: null, error }))).toEqual({
      ok: true,
      message: { jsonrpc: "2.0", error },
    });
  });

  it.each([
    ["text that is not JSON", "{", ErrorCode.parseError],
    ["no text", "", ErrorCode.parseError],
    ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', ErrorCode.invalidRequest],
    ["a null id", '{"jsonrpc":"2.0","id":null,"method":"ping"}', ErrorCode.invalidRequest],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"ping"}', ErrorCode.invalidRequest],
    ["a list of params", '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', ErrorCode.invalidRequest],
    ["neither call nor answer", '{"jsonrpc":"2.0","id":1}', ErrorCode.invalidRequest],
    ["a result without id", '{"jsonrpc":"2.0","result":{}}', ErrorCode.invalidRequest],
    ["a malformed error", '{"jsonrpc":"2.0","id":1,"error":{"code":"x"}}', ErrorCode.invalidRequest],
  ])("refuses %s", (_, text, code) => {
    expect(parseMessage(text)).toMatchObject({ ok: false, error: { code } });
  });

  it("answers with the id where it is known", () => {
    expect(parseMessage('{"jsonrpc":"2.0","id":7,"method":1}')).toMatchObject({ ok: false, id: 7 });
  });

  it("never throws, and what it accepts it reads the same again", () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom("2.0", 1, "a"));
    const keys = fc.constantFrom("jsonrpc", "id", "method", "params", "result", "error");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.dictionary(keys, member).map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const parsed = parseMessage(text);
          if (parsed.ok) expect(parseMessage(JSON.stringify(parsed.message))).toEqual(parsed);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
