import { destination, type Logger, pino, stdTimeFunctions } from "pino";

export type Log = Logger;
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** JSON lines with `ts level msg server`; times are RFC 3339 with milliseconds. Writes to standard error. */
export function createLog(server: string, level: LogLevel): Log {
  return pino(
    {
      level,
      base: { server },
      messageKey: "msg",
      timestamp: () => stdTimeFunctions.isoTime().replace('"time"', '"ts"'),
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: 2, sync: false }),
  );
}
