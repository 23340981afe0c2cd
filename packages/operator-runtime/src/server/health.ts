import { type Answer, text } from "./http-endpoint.ts";

/** One thing that has to be so. */
export interface Check {
  name: string;
  /** Undefined when all is well, else why not. */
  problem(): string | undefined;
}

/** 200 when no check has a problem, else 503 with the problems, one a line. */
export function answerChecks(checks: readonly Check[]): Answer {
  const lines = checks.map(({ name, problem }) => ({ name, why: problem() }));
  const failed = lines.filter(({ why }) => why !== undefined);
  const body = lines.map(({ name, why }) => (why === undefined ? `[+] ${name} ok` : `[-] ${name}: ${why}`)).join("\n");
  return text(failed.length === 0 ? 200 : 503, body || "ok");
}
