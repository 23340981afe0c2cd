import { open } from "node:fs/promises";

/** Requests by verb and resource, for example `patch deployments`, `patch webapps/status`. */
export type RequestCounts = Record<string, number>;

interface AuditEvent {
  verb: string;
  userAgent?: string;
  objectRef?: { resource: string; subresource?: string };
}

/** The API server's own record of who asked for what. It is written before the answer goes out. */
export class AuditLog {
  readonly #path: string;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** What everybody but the benchmark itself asked for since the last call. */
  async since(userAgent: string): Promise<RequestCounts> {
    const counts: RequestCounts = {};
    const file = await open(this.#path);
    try {
      for await (const line of file.readLines({ start: this.#offset, encoding: "utf8" })) {
        this.#offset += Buffer.byteLength(line) + 1;
        const event: AuditEvent = JSON.parse(line);
        if (!event.objectRef || !event.userAgent?.startsWith(userAgent)) continue;
        const { resource, subresource } = event.objectRef;
        const name = `${event.verb} ${resource}${subresource ? `/${subresource}` : ""}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
    } finally {
      await file.close();
    }
    return counts;
  }
}

/** Requests that change something. */
export function writesOf(counts: RequestCounts): number {
  return totalOf(Object.fromEntries(Object.entries(counts).filter(([name]) => !/^(get|list|watch) /.test(name))));
}

/** All requests but those that fill and keep the caches. */
export function totalOf(counts: RequestCounts): number {
  const entries = Object.entries(counts).filter(([name]) => !/^(list|watch) /.test(name));
  return entries.reduce((sum, [, count]) => sum + count, 0);
}
