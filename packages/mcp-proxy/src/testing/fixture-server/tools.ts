import { setTimeout as delay } from "node:timers/promises";
import { type Context, InputRequired, isObject, type Result, RpcFailure, redPixel, silence, text } from "./context.ts";
import { askingTools, inputTools, questions } from "./input-tools.ts";

type Tool = (context: Context) => Result | Promise<Result>;

const stepMs = 20;

/** The tools that the official conformance suite asks for, by the names and answers of its contract. */
const conformanceTools: Readonly<Record<string, Tool>> = {
  test_simple_text: () => text("This is a simple text response for testing."),
  test_image_content: () => ({ content: [{ type: "image", data: redPixel, mimeType: "image/png" }] }),
  test_audio_content: () => ({ content: [{ type: "audio", data: silence, mimeType: "audio/wav" }] }),
  test_embedded_resource: () => ({
    content: [resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
  }),
  test_multiple_content_types: () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      { type: "image", data: redPixel, mimeType: "image/png" },
      resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
  }),
  test_tool_with_logging: (context) => logged(context),
  test_logging_tool: (context) => logged(context),
  test_error_handling: () => ({ ...text("This tool intentionally returns an error for testing"), isError: true }),
  test_tool_with_progress: async (context) => {
    for (const progress of [0, 50, 100]) {
      context.progress(progress, 100);
      await delay(stepMs);
    }
    return text("Done");
  },
  test_sampling: async (context) => {
    const messages = [{ role: "user", content: { type: "text", text: context.arguments["prompt"] } }];
    const { content } = await context.ask("sampling", "sampling/createMessage", { messages, maxTokens: 100 });
    return text(`LLM response: ${isObject(content) ? content["text"] : JSON.stringify(content)}`);
  },
  test_elicitation: async (context) => {
    const properties = {
      username: { type: "string", description: "User's response" },
      email: { type: "string", description: "User's email address" },
    };
    const requestedSchema = { type: "object", properties, required: ["username", "email"] };
    const message = context.arguments["message"];
    const answer = await context.ask("user", "elicitation/create", { message, requestedSchema });
    return text(`User response: action=${answer["action"]}, content=${JSON.stringify(answer["content"])}`);
  },
  test_elicitation_sep1034_defaults: (context) => elicited(context, defaults),
  test_elicitation_sep1330_enums: (context) => elicited(context, enums),
  test_streaming_elicitation: (context) => {
    if (context.era === "modern" && Object.keys(context.inputResponses).length === 0) {
      throw new InputRequired({ user_name: questions.name });
    }
    return text("Done");
  },
  test_missing_capability: (context) => {
    if (context.capabilities["sampling"] !== undefined) return text("The client can sample");
    throw new RpcFailure(-32021, "This tool needs sampling", { requiredCapabilities: { sampling: {} } });
  },
  test_trigger_tool_change: (context) => changed(context, "notifications/tools/list_changed"),
  test_trigger_prompt_change: (context) => changed(context, "notifications/prompts/list_changed"),
  test_reconnection: () => text("Reconnected"),
};

/** The tools of our own suites. */
const ownTools: Readonly<Record<string, Tool>> = {
  echo: ({ arguments: { text: value } }) => text(String(value)),
  trace: ({ meta }) => text(String(meta["traceparent"])),
  pid: () => text(String(process.pid)),
  sleep: async (context) => {
    const { ms, text: value = "awake" } = context.arguments;
    await delay(Number(ms));
    return text(String(value));
  },
  cancelled: ({ cancelled }) => text(String(cancelled.size)),
  work: async (context) => {
    const steps = Number(context.arguments["steps"]);
    for (let step = 1; step <= steps; step += 1) {
      await delay(stepMs);
      context.progress(step, steps);
    }
    return text("worked");
  },
  flood: (context) => {
    const { count, bytes } = context.arguments;
    const params = { padding: "x".repeat(Number(bytes)) };
    for (let index = 0; index < Number(count); index += 1) context.announce("notifications/tools/list_changed", params);
    return text("flooded");
  },
  big: ({ arguments: { bytes } }) => text("x".repeat(Number(bytes))),
  garbage: (context) => {
    context.writeRaw("This is not JSON-RPC\n{\n\n");
    return text("Garbage was written");
  },
  exit: ({ arguments: { code } }) => {
    process.stderr.write("The fixture was told to exit\n");
    process.exit(Number(code));
  },
  touch: (context) => changed(context, "notifications/resources/updated", { uri: "test://watched-resource" }),
};

/** Every tool of the fixture by its name. */
export function toolsOf(era: Context["era"]): Readonly<Record<string, Tool>> {
  return { ...conformanceTools, ...(era === "modern" ? inputTools : askingTools), ...ownTools };
}

/** As `tools/list` shows them. */
export function toolList(era: Context["era"]): Record<string, unknown>[] {
  return Object.keys(toolsOf(era)).map((name) => ({
    name,
    description: `Fixture tool ${name}`,
    inputSchema: { type: "object" },
  }));
}

const defaults = {
  name: { type: "string", default: "John Doe" },
  age: { type: "integer", default: 30 },
  score: { type: "number", default: 95.5 },
  status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
  verified: { type: "boolean", default: true },
};

const titled = (noun: string) =>
  ["First", "Second", "Third"].map((nth, index) => ({ const: `value${index + 1}`, title: `${nth} ${noun}` }));
const options = ["option1", "option2", "option3"];
const enums = {
  untitledSingle: { type: "string", enum: options },
  titledSingle: { type: "string", oneOf: titled("Option") },
  legacyEnum: {
    type: "string",
    enum: ["opt1", "opt2", "opt3"],
    enumNames: ["Option One", "Option Two", "Option Three"],
  },
  untitledMulti: { type: "array", items: { type: "string", enum: options } },
  titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
};

async function elicited(context: Context, properties: Record<string, unknown>): Promise<Result> {
  const requestedSchema = { type: "object", properties };
  const answer = await context.ask("form", "elicitation/create", { message: "Fill this in", requestedSchema });
  return text(`Elicitation completed: action=${answer["action"]}, content=${JSON.stringify(answer["content"])}`);
}

async function logged(context: Context): Promise<Result> {
  for (const step of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
    context.log(step);
    await delay(stepMs);
  }
  return text("Logged");
}

function changed(context: Context, method: string, params?: Record<string, unknown>): Result {
  context.announce(method, params);
  return text("Announced");
}

function resource(uri: string, mimeType: string, value: string) {
  return { type: "resource", resource: { uri, mimeType, text: value } };
}
