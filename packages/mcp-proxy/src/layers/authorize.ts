import { isErrorResponse, isRecord, isResponse, type Request } from "@moorage/mcp-messages";
import type { PolicyEngine, Question } from "../authz/policy-engine.ts";
import type { Answer, Layer } from "../call.ts";
import { frameOf } from "../frame.ts";
import type { Principal } from "../principal.ts";
import { ProxyError } from "../proxy-error.ts";

/** How a method reads as a question to the policies: its action, the kind of thing, and the parameter that names it. */
const guarded: Readonly<Record<string, { action: string; type: string; param: string }>> = {
  "tools/call": { action: "call_tool", type: "Tool", param: "name" },
  "prompts/get": { action: "get_prompt", type: "Prompt", param: "name" },
  "resources/read": { action: "read_resource", type: "Resource", param: "uri" },
  "resources/subscribe": { action: "read_resource", type: "Resource", param: "uri" },
};

/** Lists show what the caller may use; so anyone may ask for them. */
const lists: Readonly<Record<string, { member: string; action: string; type: string; param: string }>> = {
  "tools/list": { member: "tools", action: "call_tool", type: "Tool", param: "name" },
  "prompts/list": { member: "prompts", action: "get_prompt", type: "Prompt", param: "name" },
  "resources/list": { member: "resources", action: "read_resource", type: "Resource", param: "uri" },
};

/** Methods that reach nothing which a policy could protect. */
const open = new Set([
  "initialize",
  "ping",
  "server/discover",
  "subscriptions/listen",
  "logging/setLevel",
  "resources/unsubscribe",
  "resources/templates/list",
  "completion/complete",
]);

/** Asks the policies about every call, and shows in lists only what the caller may use. Unknown methods are denied. */
export function authorize(policies: PolicyEngine | undefined): Layer {
  if (!policies) return (next) => next;
  return (next) => async (call) => {
    if (call.kind !== "message") return next(call);
    const { message } = call.frame;
    // Notifications and answers to the server carry no call.
    if (!("method" in message && "id" in message)) return next(call);
    const list = lists[message.method];
    if (list) return filtered(await next(call), (item) => policies.allows(questionOf(item, list, call.principal)));
    if (!open.has(message.method)) check(message, call.principal, policies);
    return next(call);
  };
}

function check(message: Request, principal: Principal, policies: PolicyEngine): void {
  const { method, params = {} } = message;
  const rule = guarded[method];
  if (!rule) throw new ProxyError("Denied", `The policies know no method ${JSON.stringify(method)}: it is denied`);
  const args = isRecord(params["arguments"]) ? params["arguments"] : {};
  if (policies.allows({ ...questionOf(params, rule, principal), arguments: args })) return;
  throw new ProxyError(
    "Denied",
    `The policies do not permit you to ${rule.action} ${JSON.stringify(params[rule.param] ?? "")}`,
  );
}

function questionOf(
  item: Readonly<Record<string, unknown>>,
  { action, type, param }: { action: string; type: string; param: string },
  principal: Principal,
): Question {
  return { principal, action, resource: { type, id: String(item[param] ?? "") }, arguments: {} };
}

function filtered(answer: Answer, visible: (item: Record<string, unknown>) => boolean): Answer {
  const message = answer.frame?.message;
  if (!message || !isResponse(message) || isErrorResponse(message)) return answer;
  const result = Object.entries(message.result).map(([member, value]) => {
    const list = Object.values(lists).some((known) => known.member === member);
    return [member, list && Array.isArray(value) ? value.filter((item) => isRecord(item) && visible(item)) : value];
  });
  return { ...answer, frame: frameOf({ ...message, result: Object.fromEntries(result) }) };
}
