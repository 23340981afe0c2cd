import type { Ending } from "../connection.ts";

const notResolved = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL"]);
const notConnected = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);

/** What became of a connection whose request failed with `error`. */
export function endingOf(error: unknown, where: string): Ending {
  const why = error instanceof Error ? error.message || error.name : String(error);
  const code = codeOf(error);
  if (notResolved.has(code) || why.includes("no addresses")) {
    const message = `Cannot resolve ${where}: ${why}: the name is wrong, or no pod behind it is ready`;
    return { reason: "HostNotFound", message, unused: true };
  }
  if (notConnected.has(code)) {
    return {
      reason: "ConnectionRefused",
      message: `Cannot connect to ${where}: ${why}: is the server running?`,
      unused: true,
    };
  }
  return { reason: "ConnectionLost", message: `The connection to ${where} broke: ${why}` };
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || codeOf(error) === "UND_ERR_ABORTED");
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? "" : codeOf(error.cause);
}
