import type { IncomingMessage } from "node:http";
import { ProxyError } from "../proxy-error.ts";

/** Reads a request body of at most `maximumBytes`; a larger one is `TooLarge`, at the latest when it exceeds the limit. */
export function readBody(request: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > maximumBytes) return Promise.reject(tooLarge(maximumBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maximumBytes) reject(tooLarge(maximumBytes));
      else chunks.push(chunk);
    });
    request.once("end", () => {
      const [first] = chunks;
      resolve(chunks.length === 1 && first ? first : Buffer.concat(chunks));
    });
    request.once("error", (cause) => reject(new ProxyError("InvalidRequest", "The request was cut off", { cause })));
  });
}

function tooLarge(maximumBytes: number): ProxyError {
  // The rest of the body is not read, so the connection cannot serve another request.
  const headers = { connection: "close" };
  return new ProxyError(
    "TooLarge",
    `The request is larger than ${maximumBytes} bytes: send less, or raise limits.requestBytes`,
    { headers },
  );
}
