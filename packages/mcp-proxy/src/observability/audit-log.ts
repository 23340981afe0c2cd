import { openSync } from "node:fs";
import { destination, pino, stdTimeFunctions } from "pino";
import type { Audit } from "../run-config/security-schema.ts";
import type { Log } from "./log.ts";

/** Where audit records go. */
export interface AuditLog {
  /** Undefined: standard output. */
  readonly file: string | undefined;
  write(record: Readonly<Record<string, unknown>>): void;
}

/**
 * Writes audit records as JSON lines, each with `ts`, `type: "audit"` and the server's name. Throws where the file cannot
 * be opened: calls must not go unrecorded because of a name that is wrong. Errors of a later write are logged.
 */
export function openAuditLog(server: string, { file }: Audit, errors: Log): AuditLog {
  const stream = destination({ dest: file === undefined ? 1 : descriptorOf(file), sync: false });
  stream.on("error", (error) => errors.error({ err: error, file }, "Cannot write an audit record"));
  const log = pino(
    {
      base: { type: "audit", server },
      timestamp: () => stdTimeFunctions.isoTime().replace('"time"', '"ts"'),
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return { file, write: (record) => log.info(record) };
}

function descriptorOf(file: string): number {
  try {
    return openSync(file, "a");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`audit.file: cannot be opened: ${why}`, { cause });
  }
}
