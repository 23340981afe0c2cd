import type { ProxyStatus } from "@moorage/mcp-proxy";

/** More than a proxy ever says; a pod that answers more is no proxy of ours. */
const maxBytes = 1024 * 1024;

/**
 * What a proxy says at `/status` of its probe port.
 *
 * @throws Error when there is no answer, or none of the expected form.
 */
export async function fetchProxyStatus(url: string, signal: AbortSignal): Promise<ProxyStatus> {
  const response = await fetch(url, { signal, redirect: "error" });
  const status: unknown = JSON.parse(await boundedText(response));
  if (!isProxyStatus(status)) throw new Error(`${url} answered ${response.status} without a proxy's status`);
  return status;
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`${response.url} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function isProxyStatus(value: unknown): value is ProxyStatus {
  return typeof value === "object" && value !== null && "ready" in value && "upstream" in value;
}
