import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Context, InputRequired, isObject, type Result, RpcFailure, text } from "./context.ts";

const key = randomBytes(32);

function sealState(value: string): string {
  return `${value}.${createHmac("sha256", key).update(value).digest("hex")}`;
}

/** The state that `sealState` sealed; anything else is an error of the client. */
function openState(sealed: unknown): string {
  const [value = "", mac = ""] = typeof sealed === "string" ? sealed.split(".") : [];
  const expected = Buffer.from(createHmac("sha256", key).update(value).digest("hex"));
  const given = Buffer.from(mac);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new RpcFailure(-32602, "requestState was changed or is not ours");
  }
  return value;
}

export const questions = {
  name: {
    method: "elicitation/create",
    params: {
      message: "What is your name?",
      requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
    },
  },
  color: {
    method: "elicitation/create",
    params: {
      message: "Step 2: What is your favorite color?",
      requestedSchema: { type: "object", properties: { color: { type: "string" } }, required: ["color"] },
    },
  },
  confirm: {
    method: "elicitation/create",
    params: {
      message: "Please confirm",
      requestedSchema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
    },
  },
  context: {
    method: "elicitation/create",
    params: {
      message: "What context should the prompt use?",
      requestedSchema: { type: "object", properties: { context: { type: "string" } }, required: ["context"] },
    },
  },
  capital: sampling("What is the capital of France?", 100),
  greeting: sampling("Generate a greeting", 50),
  roots: { method: "roots/list", params: {} },
};

function sampling(prompt: string, maxTokens: number) {
  const messages = [{ role: "user", content: { type: "text", text: prompt } }];
  return { method: "sampling/createMessage", params: { messages, maxTokens } };
}

/** The accepted content of an elicitation; undefined where the answer is missing or malformed. */
export function accepted(context: Context, name: string): Record<string, unknown> | undefined {
  const answer = context.inputResponses[name];
  if (!isObject(answer) || answer["action"] !== "accept") return undefined;
  return isObject(answer["content"]) ? answer["content"] : undefined;
}

function answered(context: Context, name: string): Record<string, unknown> | undefined {
  const answer = context.inputResponses[name];
  return isObject(answer) ? answer : undefined;
}

function elicitation(context: Context): Result {
  const content = accepted(context, "user_name");
  if (!content) throw new InputRequired({ user_name: questions.name });
  return text(`Hello, ${content["name"]}!`);
}

function samplingOnly(context: Context): Result {
  const answer = answered(context, "capital_question");
  if (!answer) throw new InputRequired({ capital_question: questions.capital });
  return text(`The client said: ${JSON.stringify(answer["content"])}`);
}

function listRoots(context: Context): Result {
  const answer = answered(context, "client_roots");
  if (!answer) throw new InputRequired({ client_roots: questions.roots });
  return text(`Roots: ${JSON.stringify(answer["roots"])}`);
}

function requestState(context: Context): Result {
  if (!accepted(context, "confirm")) throw new InputRequired({ confirm: questions.confirm }, sealState("waiting"));
  openState(context.requestState);
  return text("state-ok");
}

function multipleInputs(context: Context): Result {
  const all = { user_name: questions.name, greeting: questions.greeting, client_roots: questions.roots };
  if (Object.keys(all).some((name) => !answered(context, name))) throw new InputRequired(all, sealState("all"));
  openState(context.requestState);
  return text("All inputs received");
}

function multiRound(context: Context): Result {
  if (context.requestState === undefined) throw new InputRequired({ step1: questions.name }, sealState("round1"));
  const state = openState(context.requestState);
  if (state === "round1" && accepted(context, "step1")) {
    throw new InputRequired({ step2: questions.color }, sealState("round2"));
  }
  if (state === "round2" && accepted(context, "step2")) return text("Both rounds are complete");
  throw new InputRequired({ step1: questions.name }, sealState("round1"));
}

function capabilities(context: Context): Result {
  const possible = {
    ...(context.capabilities["sampling"] !== undefined && { capital_question: questions.capital }),
    ...(context.capabilities["elicitation"] !== undefined && { user_name: questions.name }),
  };
  if (Object.keys(context.inputResponses).length > 0 || Object.keys(possible).length === 0)
    return text("Nothing is needed");
  throw new InputRequired(possible);
}

/** Tools of SEP-2322 (multi round-trip requests); they exist in the modern era only. */
export const inputTools: Readonly<Record<string, (context: Context) => Result>> = {
  test_input_required_result_elicitation: elicitation,
  test_input_required_result_sampling: samplingOnly,
  test_input_required_result_list_roots: listRoots,
  test_input_required_result_request_state: requestState,
  test_input_required_result_multiple_inputs: multipleInputs,
  test_input_required_result_multi_round: multiRound,
  test_input_required_result_tampered_state: requestState,
  test_input_required_result_capabilities: capabilities,
};

/** What each tool asks, round by round: the same tools for legacy clients, who are asked by requests. */
const rounds: Readonly<Record<string, readonly (readonly { method: string; params: Record<string, unknown> }[])[]>> = {
  test_input_required_result_elicitation: [[questions.name]],
  test_input_required_result_sampling: [[questions.capital]],
  test_input_required_result_list_roots: [[questions.roots]],
  test_input_required_result_request_state: [[questions.confirm]],
  test_input_required_result_multiple_inputs: [[questions.name, questions.greeting, questions.roots]],
  test_input_required_result_multi_round: [[questions.name], [questions.color]],
  test_input_required_result_tampered_state: [[questions.confirm]],
  test_input_required_result_capabilities: [[questions.capital]],
};

/** `inputTools` for the legacy era. Each answers with everything that it was told. */
export const askingTools: Readonly<Record<string, (context: Context) => Promise<Result>>> = Object.fromEntries(
  Object.entries(rounds).map(([name, steps]) => [name, (context: Context) => askAll(context, steps)]),
);

export async function askAll(context: Context, steps: (typeof rounds)[string]): Promise<Result> {
  const answers: unknown[] = [];
  for (const step of steps) {
    answers.push(
      ...(await Promise.all(step.map(({ method, params }, index) => context.ask(String(index), method, params)))),
    );
  }
  return text(`state-ok ${JSON.stringify(answers)}`);
}
