import { type Context, InputRequired, type Result, RpcFailure, redPixel } from "./context.ts";
import { accepted, askAll, questions } from "./input-tools.ts";

type Prompt = (context: Context) => Result | Promise<Result>;

const prompts: Readonly<Record<string, Prompt>> = {
  test_simple_prompt: () => ({ messages: [user({ type: "text", text: "This is a simple prompt for testing." })] }),
  test_prompt_with_arguments: ({ arguments: { arg1, arg2 } }) => ({
    messages: [user({ type: "text", text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` })],
  }),
  test_prompt_with_embedded_resource: ({ arguments: { resourceUri } }) => ({
    messages: [
      user({
        type: "resource",
        resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." },
      }),
      user({ type: "text", text: "Please process the embedded resource above." }),
    ],
  }),
  test_prompt_with_image: () => ({
    messages: [
      user({ type: "image", data: redPixel, mimeType: "image/png" }),
      user({ type: "text", text: "Please analyze the image above." }),
    ],
  }),
};

const modernPrompts: Readonly<Record<string, Prompt>> = {
  test_input_required_result_prompt: (context) => {
    const content = accepted(context, "user_context");
    if (!content) throw new InputRequired({ user_context: questions.context });
    return { messages: [user({ type: "text", text: `Context: ${content["context"]}` })] };
  },
};

const legacyPrompts: Readonly<Record<string, Prompt>> = {
  test_input_required_result_prompt: async (context) => {
    const { content } = await askAll(context, [[questions.context]]);
    return { messages: Array.isArray(content) ? content.map(user) : [] };
  },
};

const argumentsOf: Readonly<Record<string, string[]>> = {
  test_prompt_with_arguments: ["arg1", "arg2"],
  test_prompt_with_embedded_resource: ["resourceUri"],
};

export function promptList(era: Context["era"]): Record<string, unknown>[] {
  return Object.keys(promptsOf(era)).map((name) => ({
    name,
    description: `Fixture prompt ${name}`,
    arguments: (argumentsOf[name] ?? []).map((argument) => ({
      name: argument,
      description: "A test argument",
      required: true,
    })),
  }));
}

export function getPrompt(name: unknown, context: Context): Result | Promise<Result> {
  const prompt = promptsOf(context.era)[String(name)];
  if (!prompt) throw new RpcFailure(-32602, `Unknown prompt: ${name}`);
  return prompt(context);
}

function promptsOf(era: Context["era"]): Readonly<Record<string, Prompt>> {
  return { ...prompts, ...(era === "modern" ? modernPrompts : legacyPrompts) };
}

function user(content: Record<string, unknown>) {
  return { role: "user", content };
}
