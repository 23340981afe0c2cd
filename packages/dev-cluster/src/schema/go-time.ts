/** A text that is no time, with Go's words for it. */
export class TimeError extends Error {
  override readonly name = "TimeError";
}

/** What a layout is made of, and how Go names each part. */
const parts: readonly [pattern: RegExp, name: string][] = [
  [/^\d{4}/, "2006"],
  [/^-/, "-"],
  [/^(0[1-9]|1[0-2])/, "01"],
  [/^-/, "-"],
  [/^\d{2}/, "02"],
  [/^T/, "T"],
  [/^([01]\d|2[0-3])/, "15"],
  [/^:/, ":"],
  [/^[0-5]\d/, "04"],
  [/^:/, ":"],
  [/^[0-5]\d/, "05"],
];
const zone: [RegExp, string] = [/^(Z|[+-]\d{2}:\d{2})/, "Z07:00"];

/**
 * A time as Go's `Time` and `MicroTime` of apimachinery write it again: in UTC, to the second or to the microsecond.
 * @throws TimeError
 */
export function goTime(text: string, precision: "seconds" | "microseconds"): string {
  const isMicro = precision === "microseconds";
  // Go takes a fraction after the seconds also where the layout has none.
  const fraction: [RegExp, string] = isMicro ? [/^\.\d{6}/, ".000000"] : [/^(\.\d+)?/, ""];
  const layout = `2006-01-02T15:04:05${isMicro ? ".000000" : ""}Z07:00`;
  let rest = text;
  for (const [pattern, name] of [...parts, fraction, zone]) {
    const match = pattern.exec(rest);
    if (!match)
      throw new TimeError(
        `parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${name}"`,
      );
    rest = rest.slice(match[0].length);
  }
  if (rest !== "") throw new TimeError(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`);
  const utc = new Date(text.replace(/\.\d+/, "")).toISOString().slice(0, 19);
  return isMicro ? `${utc}.${/\.(\d{6})/.exec(text)?.[1]}Z` : `${utc}Z`;
}
