/** A pattern that no engine of ours understands matches everything: the CRD was checked when it was created. */
const never = /(?:)/;
const compiled = new Map<string, RegExp>();
const limit = 4096;

/** The pattern as a regular expression; Go's inline flags at the start are understood. */
export function patternOf(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) return known;
  if (compiled.size >= limit) compiled.clear();
  const made = compilePattern(pattern) ?? never;
  compiled.set(pattern, made);
  return made;
}

/** Undefined for a pattern that does not compile. */
function compilePattern(pattern: string): RegExp | undefined {
  const [, flags = "", rest = pattern] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(pattern) ?? [];
  const anchored = rest.replaceAll("\\A", "^").replaceAll("\\z", "$").replaceAll("(?P<", "(?<");
  for (const mode of ["u", ""]) {
    try {
      return new RegExp(anchored, `${flags}${mode}`);
    } catch {
      // Unicode mode refuses escapes that Go allows, such as \-: the second round does without it.
    }
  }
  return undefined;
}
