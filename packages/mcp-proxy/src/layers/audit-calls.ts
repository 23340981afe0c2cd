import { isErrorResponse, isRecord, isResponse } from "@moorage/mcp-messages";
import { type Answer, type Call, type Layer, methodOf } from "../call.ts";
import type { AuditLog } from "../observability/audit-log.ts";
import { ProxyError, type ProxyErrorCode } from "../proxy-error.ts";

const denials = new Set<ProxyErrorCode>(["Unauthenticated", "Denied", "ToolNotFound", "Overloaded"]);

/** Writes a record of every call. Above authentication, so that refused calls are audited too. */
export function auditCalls(audit: AuditLog | undefined, includeArguments: boolean): Layer {
  if (!audit) return (next) => next;
  return (next) => async (call) => {
    const start = performance.now();
    const write = (outcome: string, reason?: string) =>
      audit.write(recordOf(call, { start, outcome, reason, includeArguments }));
    try {
      const answer = await next(call);
      write(succeeded(answer) ? "success" : "error");
      return answer;
    } catch (error) {
      const code = error instanceof ProxyError ? error.code : "Internal";
      write(denials.has(code) ? "denied" : "error", code);
      throw error;
    }
  };
}

interface Facts {
  readonly start: number;
  readonly outcome: string;
  readonly reason: string | undefined;
  readonly includeArguments: boolean;
}

function recordOf(call: Call, { start, outcome, reason, includeArguments }: Facts): Record<string, unknown> {
  const { principal, requestID } = call;
  const { target, args } = targetOf(call);
  return {
    requestID,
    method: methodOf(call) ?? call.kind,
    target,
    outcome,
    reason,
    milliseconds: Math.round(performance.now() - start),
    subject: principal.claims["sub"],
    issuer: principal.claims["iss"],
    ...(includeArguments && { arguments: args }),
  };
}

/** The tool, prompt or resource that the call is for. */
function targetOf(call: Call): { target?: unknown; args?: unknown } {
  if (call.kind !== "message" || !("method" in call.frame.message)) return {};
  const { params } = call.frame.message;
  const target = params?.["name"] ?? params?.["uri"];
  return { target, args: params?.["arguments"] };
}

/** A tool's own failure is an error too, though JSON-RPC calls it a result. */
function succeeded({ frame }: Answer): boolean {
  const message = frame?.message;
  if (!message || !isResponse(message)) return true;
  return !isErrorResponse(message) && !(isRecord(message.result) && message.result["isError"] === true);
}
