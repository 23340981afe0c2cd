import { readFile } from "node:fs/promises";

/** What kube-apiserver needs to write down every request that it answers. */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [{ level: "Metadata" }],
};

interface AuditEvent {
  verb: string;
  user: { username: string };
  requestURI: string;
  objectRef?: { resource: string; subresource?: string; apiGroup?: string };
  responseStatus?: { code: number; message?: string };
}

/** What a user asked an API server for, by the server's own record. */
export class AuditTrail {
  readonly #events: readonly AuditEvent[];

  private constructor(events: readonly AuditEvent[]) {
    this.#events = events;
  }

  static async of(username: string, path: string): Promise<AuditTrail> {
    const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
    const events = lines.map((line): AuditEvent => JSON.parse(line));
    return new AuditTrail(events.filter(({ user }) => user.username === username));
  }

  /** Requests that were refused for want of a right. */
  denied(): string[] {
    const denied = this.#events.filter(({ responseStatus }) => [401, 403].includes(responseStatus?.code ?? 0));
    return [
      ...new Set(
        denied.map(({ verb, requestURI, responseStatus }) => `${verb} ${requestURI}: ${responseStatus?.message}`),
      ),
    ];
  }

  /** Rights that requests needed, as `verb group/resource`. */
  used(): Set<string> {
    return new Set(this.#events.flatMap(rightsOf));
  }
}

function rightsOf({ verb, objectRef, responseStatus }: AuditEvent): string[] {
  if (!objectRef) return [];
  const { apiGroup = "", resource, subresource } = objectRef;
  const target = `${apiGroup}/${resource}${subresource ? `/${subresource}` : ""}`;
  // A server-side apply that creates is a patch that needs the right to create as well.
  const created = verb === "patch" && responseStatus?.code === 201;
  return [`${verb} ${target}`, ...(created ? [`create ${target}`] : [])];
}
