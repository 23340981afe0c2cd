import { describe, expect, it } from "vitest";
import { jsonFault } from "./json-fault.ts";

describe("jsonFault()", () => {
  it.each([
    ["nothing", "", "unexpected end of JSON input"],
    ["an object that does not end", '{"a": 1', "unexpected end of JSON input"],
    ["a text that does not end", '{"a": "b', "unexpected end of JSON input"],
    ["a word", "hello", "invalid character 'h' looking for beginning of value"],
    ["a literal that is cut", "trux", "invalid character 'x' in literal true (expecting 'e')"],
    ["a comma before the end", '{"a": 1,}', "invalid character '}' looking for beginning of object key string"],
    ["a key without quotes", "{a: 1}", "invalid character 'a' looking for beginning of object key string"],
    ["no colon", '{"a" 1}', "invalid character '1' after object key"],
    ["no comma", '{"a": 1 "b": 2}', "invalid character '\"' after object key:value pair"],
    ["a list without a comma", "[1 2]", "invalid character '2' after array element"],
    ["a line break in a text", '"a\nb"', "invalid character '\\n' in string literal"],
    ["an unknown escape", '"\\x"', "invalid character 'x' in string escape code"],
    ["half an escape", '"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["a point without digits", "1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["an exponent without digits", "1ex", "invalid character 'x' in exponent of numeric literal"],
    ["a sign alone", "-x", "invalid character 'x' in numeric literal"],
    ["two values", "{} x", "invalid character 'x' after top-level value"],
    ["two digits after a zero", "01", "invalid character '1' after top-level value"],
    ["a byte order mark", "\ufeff{}", "invalid character 'ï' looking for beginning of value"],
  ])("%s", (_reason, text, expected) => {
    expect(jsonFault(text)).toBe(expected);
  });
});
