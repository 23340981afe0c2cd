import { destination, pino, stdTimeFunctions } from "pino";
import type { Audit } from "../run-config/security-schema.ts";

/** Where audit records go. */
export interface AuditLog {
  write(record: Readonly<Record<string, unknown>>): void;
}

/** Writes audit records as JSON lines, each with `ts`, `type: "audit"` and the server's name. */
export function openAuditLog(server: string, audit: Audit): AuditLog {
  const log = pino(
    {
      base: { type: "audit", server },
      timestamp: () => stdTimeFunctions.isoTime().replace('"time"', '"ts"'),
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: audit.file ?? 1, append: true, mkdir: true, sync: false }),
  );
  return { write: (record) => log.info(record) };
}
