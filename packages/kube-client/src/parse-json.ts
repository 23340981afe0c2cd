/**
 * Parses what came from outside. Never throws: what is no JSON is a value like others, which each caller explains in
 * its own words.
 *
 * @returns the parsed value, or `error` and a `value` of undefined, which no JSON has.
 */
export function parseJson(text: string): { value: unknown; error?: unknown } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { value: undefined, error };
  }
}
