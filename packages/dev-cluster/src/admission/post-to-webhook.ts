import { request as httpsRequest } from "node:https";
import { type Fields, fieldsAt, isFields, stringAt } from "../store/api-object.ts";

/** Where a webhook is, and how long it may take. */
export interface WebhookTarget {
  /** A `clientConfig`. */
  readonly client: Fields;
  readonly timeoutMs: number;
}

/** The cluster address of a Service. */
export type AddressOf = (namespace: string, name: string) => string | undefined;

/** The webhook could not be asked, or its answer makes no sense. */
export class CallError extends Error {
  override readonly name = "CallError";
}

const answerLimitBytes = 4 * 1024 * 1024;

/** Where a webhook listens. */
function urlOf({ client }: WebhookTarget, addressOf: AddressOf): { url: URL; serverName?: string } {
  const service = fieldsAt(client, "service");
  if (!service) return { url: new URL(String(client["url"])) };
  const namespace = stringAt(service, "namespace") ?? "";
  const name = stringAt(service, "name") ?? "";
  const address = addressOf(namespace, name);
  if (address === undefined) throw new CallError(`service "${name}" not found`);
  const url = new URL(`https://${address}:${Number(service["port"] ?? 443)}${stringAt(service, "path") ?? "/"}`);
  return { url, serverName: `${name}.${namespace}.svc` };
}

/** Posts a review; resolves with the decoded answer. @throws CallError */
export function postToWebhook(webhook: WebhookTarget, body: string, addressOf: AddressOf): Promise<unknown> {
  const { url, serverName } = urlOf(webhook, addressOf);
  url.searchParams.set("timeout", `${webhook.timeoutMs / 1000}s`);
  const bundle = stringAt(webhook.client, "caBundle");
  const shown = serverName ? url.href.replace(url.host, `${serverName}:${url.port || 443}`) : url.href;
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(new CallError(`failed to call webhook: Post ${JSON.stringify(shown)}: ${why}`));
    const request = httpsRequest(
      url,
      {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          "content-length": Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(webhook.timeoutMs),
        ...(bundle ? { ca: Buffer.from(bundle, "base64") } : {}),
        ...(serverName ? { servername: serverName } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > answerLimitBytes) request.destroy(new Error("the answer is too large"));
        });
        response.on("error", (error) => fail(error.message));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode !== 200) fail(`the server answered ${response.statusCode}: ${text.slice(0, 200)}`);
          else resolve(parseAnswer(text, fail));
        });
      },
    );
    request.on("error", (error) =>
      fail(error.name === "TimeoutError" || error.name === "AbortError" ? "context deadline exceeded" : error.message),
    );
    request.end(body);
  });
}

function parseAnswer(text: string, fail: (why: string) => void): unknown {
  try {
    const answer: unknown = JSON.parse(text);
    return isFields(answer) ? answer : {};
  } catch {
    fail("the answer is no JSON");
    return undefined;
  }
}
