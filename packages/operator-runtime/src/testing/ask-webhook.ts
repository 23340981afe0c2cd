import { request } from "node:https";

/** A webhook as it is registered. */
export interface Registered {
  url: string;
  /** PEM. */
  ca: string;
}

/** Asks as an API server does, over a connection of its own. `body` is the answer's, where that is JSON. */
export function askWebhook({ url, ca }: Registered, question: unknown): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", ca, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, body: text.startsWith("{") ? JSON.parse(text) : undefined });
      });
    });
    asked.on("error", reject);
    asked.end(typeof question === "string" ? question : JSON.stringify(question));
  });
}
