import fc from "fast-check";

const names = fc.constantFrom("a", "b", "c");
const spec = fc.record({
  parts: fc.uniqueArray(fc.constantFrom("x", "y", "z"), { maxLength: 3 }),
  text: fc.constantFrom("1", "2"),
});
/** What may happen to a cluster and its operator. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant("set" as const), name: names, spec }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("delete" as const), name: names }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("editChild" as const), name: names, part: fc.constantFrom("x", "y") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("deleteChild" as const), name: names, part: fc.constantFrom("x", "y") }),
  },
  { weight: 2, arbitrary: fc.constant({ what: "cutWatches" as const }) },
  { weight: 1, arbitrary: fc.constant({ what: "compactAndCut" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("fail" as const),
      times: fc.integer({ min: 1, max: 6 }),
      how: fc.constantFrom(500, 503, 429, 409, "reset" as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ what: "restart" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("jump" as const),
      // A minute, a day and 30 years, forth and back: what a clock does that is set for the first time.
      seconds: fc.constantFrom(60, -60, 86_400, -86_400, 946_080_000, -946_080_000),
    }),
  },
  // The operator has done what it can: what happens next happens to a finished state.
  { weight: 3, arbitrary: fc.constant({ what: "settle" as const }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("breathe" as const), turns: fc.nat(60) }) },
);
/** One of them. */
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A random life. */
export const lives = fc.array(step, { minLength: 1, maxLength: 25 });
