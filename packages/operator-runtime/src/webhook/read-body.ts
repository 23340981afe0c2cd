import type { IncomingMessage } from "node:http";

/** An object and its predecessor, each as large as the API server takes one. */
const maxBodyBytes = 8 * 1024 * 1024;

/** @throws RangeError for more than 8 MiB. What says so beforehand is not read, so that it can be answered. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const tooLarge = () => new RangeError(`The body is larger than ${maxBodyBytes} bytes`);
  if (Number(request.headers["content-length"]) > maxBodyBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw tooLarge();
  }
  return Buffer.concat(chunks, bytes).toString("utf8");
}
