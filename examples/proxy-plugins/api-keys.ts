import { createHash, timingSafeEqual } from "node:crypto";
import { type Plugin, ProxyError } from "@moorage/mcp-proxy";

/** SHA-256 of each key → its owner. A real module would read this from a mounted Secret. */
const owners: readonly (readonly [digest: string, owner: string])[] = [
  [digestOf("correct horse battery staple"), "ada"],
];

/** Authenticates by the header `X-API-Key`: `"plugins": ["./examples/proxy-plugins/api-keys.ts"]`. */
export const plugin: Plugin = {
  name: "api-keys",
  authenticate: (next) => async (call) => {
    const owner = ownerOf(call.headers["x-api-key"]);
    if (owner === undefined) throw new ProxyError("Unauthenticated", "A valid X-API-Key header is needed");
    call.principal = { id: `api-key:${owner}`, claims: { sub: owner }, scopes: [] };
    return next(call);
  },
};

function ownerOf(key: string | string[] | undefined): string | undefined {
  if (typeof key !== "string") return undefined;
  const given = Buffer.from(digestOf(key));
  return owners.find(([digest]) => timingSafeEqual(Buffer.from(digest), given))?.[1];
}

function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
