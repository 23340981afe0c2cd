import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import type { JsonSchema } from "../schema/type-schema.ts";

/** An OpenAPI v3 document, as far as this server looks into it. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, unknown>;
  components?: { schemas?: Record<string, JsonSchema> };
}

/** One resource or subresource in aggregated discovery. */
export interface DiscoveredResource {
  resource: string;
  responseKind: { group: string; version: string; kind: string };
  scope: string;
  singularResource: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: {
    subresource: string;
    responseKind: { group: string; version: string; kind: string };
    verbs: string[];
    acceptedTypes?: { group: string; version: string; kind: string }[];
  }[];
}

/** One group in aggregated discovery. */
export interface DiscoveredGroup {
  metadata: { name?: string };
  versions: { version: string; freshness: string; resources: DiscoveredResource[] }[];
}

const folder = join(import.meta.dirname, "data");
const parsed = new Map<string, OpenApiDocument>();

/** The file name of a group-version's document: `apis__apps__v1`, `api__v1`. */
function documentName(group: string, version: string): string {
  return group === "" ? `api__${version}` : `apis__${group}__${version}`;
}

/** The text of one document as upstream publishes it. */
export function documentText(name: string): string {
  return brotliDecompressSync(readFileSync(join(folder, `${name}.json.br`))).toString("utf8");
}

const notServed = new Set(["bootstrap-policy", "discovery", "discovery-core", "protobuf"]);
const extension = ".json.br";

/** The paths of the built-in documents below `/openapi/v3`. */
export function documentPaths(): string[] {
  const names = readdirSync(folder).filter((file) => file.endsWith(extension));
  return names
    .map((file) => file.slice(0, -extension.length))
    .filter((name) => !notServed.has(name))
    .map((name) => name.replaceAll("__", "/"));
}

/** One document, parsed once and on first use: none is needed to start. */
export function openApiDocument(group: string, version: string): OpenApiDocument {
  const name = documentName(group, version);
  const known = parsed.get(name);
  if (known) return known;
  const document: OpenApiDocument = JSON.parse(documentText(name));
  parsed.set(name, document);
  return document;
}

/** One row of a plain `APIResourceList`. */
interface PlainResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  group?: string;
  version?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
}

/** The built-in groups in the versions that a server serves by default (no alpha, no beta); the core group comes first. */
export function discoveredGroups(): DiscoveredGroup[] {
  const core: { resources: PlainResource[] } = JSON.parse(documentText("discovery-core"));
  const named: { items: DiscoveredGroup[] } = JSON.parse(documentText("discovery"));
  const stable = named.items.map((group) => ({
    ...group,
    versions: group.versions.filter(({ version }) => /^v\d+$/.test(version)),
  }));
  const coreVersion = { version: "v1", freshness: "Current", resources: aggregate(core.resources) };
  return [{ metadata: {}, versions: [coreVersion] }, ...stable.filter((group) => group.versions.length > 0)];
}

/** Gathers the rows `pods`, `pods/status` … under their resource, as aggregated discovery does. */
function aggregate(rows: readonly PlainResource[]): DiscoveredResource[] {
  const responseKind = ({ group = "", version = "", kind }: PlainResource) => ({ group, version, kind });
  return rows
    .filter((row) => !row.name.includes("/"))
    .map((row) => ({
      resource: row.name,
      responseKind: responseKind(row),
      scope: row.namespaced ? "Namespaced" : "Cluster",
      singularResource: row.singularName,
      verbs: row.verbs,
      ...(row.shortNames ? { shortNames: row.shortNames } : {}),
      ...(row.categories ? { categories: row.categories } : {}),
      subresources: rows
        .filter((sub) => sub.name.startsWith(`${row.name}/`))
        .map((sub) => ({
          subresource: sub.name.slice(row.name.length + 1),
          responseKind: responseKind(sub),
          verbs: sub.verbs,
        })),
    }));
}

/** The Kubernetes version that the documents describe: `v1.36.3`. */
export function kubernetesVersion(): string {
  return readFileSync(join(folder, "VERSION"), "utf8").trim();
}
