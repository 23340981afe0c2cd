import { kubernetesVersion } from "../openapi/documents.ts";
import { OpenApiPages } from "../openapi/pages.ts";
import { issuer } from "../pki/token-issuer.ts";
import type { Catalog } from "../registry/catalog.ts";
import { ApiError } from "../status/api-error.ts";
import type { ApiServerParts } from "./api-server.ts";
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from "./discovery.ts";
import type { Exchange } from "./exchange.ts";

const pages = new WeakMap<ApiServerParts["core"]["catalog"], OpenApiPages>();

/** Answers everything that is no resource: discovery, OpenAPI, health, version, metrics, keys. */
export async function routePlain(parts: ApiServerParts, exchange: Exchange): Promise<void> {
  const path = exchange.info.path.replace(/\/+$/, "") || "/";
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return answerHealth(parts, exchange, path);
  if (path.startsWith("/openapi/v3")) return openApiPages(parts).answer(exchange, path);
  if (path === "/openapi/v2") return answerOldOpenApi(exchange);
  const answer = answerOf(parts, exchange, path);
  if (answer === undefined) {
    const group = /^\/apis\/([^/]+)\/[^/]+$/.exec(path)?.[1];
    const { catalog } = parts.core;
    if (group !== undefined && catalog.isServedGroup(group) && !catalog.isCustomGroup(group)) throw versionNotFound();
    answerUnknownPath(exchange);
    return;
  }
  if (typeof answer === "string") exchange.sendText(200, answer, { "content-type": "text/plain; version=0.0.4" });
  else exchange.send(200, answer.body, answer.contentType ? { "content-type": answer.contentType } : {});
}

/** Clients ask for version 2 when version 3 does not have what they look for: an empty document says so. */
function answerOldOpenApi(exchange: Exchange): void {
  if (exchange.header("accept").includes("protobuf")) {
    exchange.sendText(200, "", { "content-type": "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" });
  } else exchange.send(200, { swagger: "2.0", info: { title: "Kubernetes", version: kubernetesVersion() }, paths: {} });
}

function versionNotFound(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource", {});
}

/** A path that nothing serves is answered in plain text, as by any Go server. */
export function answerUnknownPath(exchange: Exchange): void {
  const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
  exchange.sendText(404, "404 page not found\n", headers);
}

function openApiPages({ core }: ApiServerParts): OpenApiPages {
  let found = pages.get(core.catalog);
  if (!found) {
    found = new OpenApiPages(core.catalog);
    pages.set(core.catalog, found);
  }
  return found;
}

function answerOf(
  parts: ApiServerParts,
  exchange: Exchange,
  path: string,
): { body: unknown; contentType?: string } | string | undefined {
  switch (path) {
    case "/":
      return { body: { paths: rootPaths(parts) } };
    case "/version":
      return { body: version() };
    case "/metrics":
      return parts.counters.render();
    case "/openid/v1/jwks":
      return { body: parts.tokens.keySet(), contentType: "application/jwk-set+json" };
    case "/.well-known/openid-configuration":
      return { body: openIdConfiguration(exchange) };
    default:
      return discoveryOf(parts, exchange, path);
  }
}

function discoveryOf(
  { core }: ApiServerParts,
  exchange: Exchange,
  path: string,
): { body: unknown; contentType?: string } | undefined {
  if (path === "/api" || path === "/apis") {
    if (wantsAggregated(exchange)) return aggregatedDiscovery(core.catalog, path);
    return { body: path === "/api" ? apiVersions(exchange.header("host")) : apiGroupList(core.catalog) };
  }
  const body = versionPage(core.catalog, path.slice(1).split("/"));
  return body === undefined ? undefined : { body };
}

function versionPage(catalog: Catalog, [root, first = "", second, ...more]: string[]): unknown {
  if (more.length > 0) return undefined;
  if (root === "api") return second === undefined ? apiResourceList(catalog, "", first) : undefined;
  if (root !== "apis") return undefined;
  return second === undefined ? apiGroup(catalog, first) : apiResourceList(catalog, first, second);
}

function wantsAggregated(exchange: Exchange): boolean {
  const accept = exchange.header("accept").replaceAll(" ", "");
  return (
    accept.includes("g=apidiscovery.k8s.io") && accept.includes("v=v2;") && accept.includes("as=APIGroupDiscoveryList")
  );
}

function rootPaths({ core }: ApiServerParts): string[] {
  const groups = new Set(
    core.catalog
      .list()
      .map(({ group }) => group)
      .filter((group) => group !== ""),
  );
  const versions = core.catalog
    .list()
    .map(({ group, version }) => (group === "" ? `/api/${version}` : `/apis/${group}/${version}`));
  const fixed = [
    "/.well-known/openid-configuration",
    "/api",
    "/apis",
    "/healthz",
    "/livez",
    "/metrics",
    "/openapi/v3",
    "/openid/v1/jwks",
    "/readyz",
    "/version",
  ];
  return [...new Set([...fixed, ...versions, ...[...groups].map((group) => `/apis/${group}`)])].sort();
}

function version(): object {
  const gitVersion = kubernetesVersion();
  const [major = "", minor = ""] = gitVersion.slice(1).split(".");
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion,
    gitCommit: "moorage",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
}

function openIdConfiguration(exchange: Exchange): object {
  return {
    issuer,
    jwks_uri: `https://${exchange.header("host")}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  };
}

async function answerHealth({ core }: ApiServerParts, exchange: Exchange, path: string): Promise<void> {
  // A store that cannot save makes this reject, and the answer an error.
  await core.store.settled();
  const verbose = exchange.query.has("verbose")
    ? `[+]ping ok\n[+]storage ok\n${path.split("/")[1]} check passed\n`
    : "ok";
  exchange.sendText(200, verbose, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
}
