import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from "pino";

export interface LogOptions {
  /** Default `info`. */
  level?: "trace" | "debug" | "info" | "warn" | "error";
  /** Default: standard output. */
  destination?: DestinationStream;
}

/** JSON lines with the product's base fields: `ts` (RFC 3339), `level` (a word), `msg`, then what the caller adds. */
export function createLogger(options: LogOptions = {}): Logger {
  const settings: LoggerOptions = {
    level: options.level ?? "info",
    base: null,
    messageKey: "msg",
    errorKey: "error",
    timestamp: () => stdTimeFunctions.isoTime().replace('"time"', '"ts"'),
    formatters: { level: (label) => ({ level: label }) },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
