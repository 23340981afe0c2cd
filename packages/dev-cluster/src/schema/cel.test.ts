import { describe, expect, it } from "vitest";
import { compileCel } from "./cel.ts";
import { celValue } from "./cel-value.ts";

const self = celValue(
  { n: 3, list: [3, 1, 2], map: { x: "y" }, "a-b": "dash" },
  {
    type: "object",
    properties: { n: { type: "integer" }, "a-b": { type: "string" }, list: {}, map: {} },
  },
);

describe("compileCel()", () => {
  // Each library once; packages/conformance compares all of their functions with the real server's.
  it.each([
    ["quantity('1Gi').isGreaterThan(quantity('1G'))"],
    ["url('https://example.com:80/a').getPort() == '80'"],
    ["cidr('10.0.0.0/8').containsIP(ip('10.1.1.1'))"],
    ["'abc 12'.find('[0-9]+') == '12'"],
    ["self.list.sum() == 6 && self.list.sortBy(x, -x) == [3, 2, 1]"],
    ["sets.equivalent(self.list, [1, 2, 3])"],
    ["'%s is %d'.format(['a', 5]) == 'a is 5'"],
    ["!format.dns1123Label().validate('a').hasValue()"],
    ["semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))"],
    ["self.?none.orValue('x') == 'x'"],
    ["self.list.exists(i, v, i == 1 && v == 1)"],
    ["self.map.transformMap(k, v, k + v) == {'x': 'xy'}"],
    ["self.a__dash__b == 'dash'"],
  ])("%s", (expression) => {
    expect(compileCel(expression).evaluate({ self })).toEqual({ ok: true, value: true });
  });

  it.each([
    ["self.nothing == 1", "no such key: nothing"],
    ["quantity('1.5').asInteger() == 1", "cannot convert value to integer"],
    ["[].min() == 1", "min called on empty list"],
  ])("%s fails", (expression, error) => {
    expect(compileCel(expression).evaluate({ self })).toEqual({ ok: false, error });
  });

  it("says what does not compile", () => {
    expect(compileCel("1 +").error).toContain("Unexpected token");
  });
});
