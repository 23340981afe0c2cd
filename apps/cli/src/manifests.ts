import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { KubeObject } from "@moorage/kube-types";
import { LineCounter, parseAllDocuments } from "yaml";
import { UsageError } from "./usage-error.ts";

/** A manifest, and where it stands, for messages. */
export interface Manifest {
  object: KubeObject;
  source: string;
}

/** For `-f`, which may be given more than once. */
export function collectPath(path: string, before: readonly string[] = []): string[] {
  return [...before, path];
}

/**
 * Reads the objects of YAML or JSON files, of every such file in a folder, or of standard input (`-`), in that order.
 *
 * @throws UsageError that names the file and the line, before anything is sent: one bad document refuses all.
 */
export async function readManifests(paths: readonly string[]): Promise<Manifest[]> {
  return (await Promise.all(paths.map(manifestsAt))).flat();
}

async function manifestsAt(path: string): Promise<Manifest[]> {
  const files = path === "-" ? [path] : await filesAt(path);
  const manifests = await Promise.all(files.map(async (file) => parseManifests(await readText(file), file)));
  const all = manifests.flat();
  if (all.length === 0) throw new UsageError(`"${path}" holds no manifest`);
  return all;
}

async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new UsageError(`Cannot read "${path}": there is no such file or folder`, { cause });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  return names.map((name) => join(path, name));
}

function readText(file: string): Promise<string> {
  return file === "-" ? text(process.stdin) : readFile(file, "utf8");
}

/** @throws UsageError that names the line. */
export function parseManifests(content: string, source: string): Manifest[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(content, { lineCounter: lines, prettyErrors: false });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      const { line, col } = lines.linePos(error.pos[0]);
      throw new UsageError(`Cannot parse "${source}" at line ${line}, column ${col}: ${error.message}`);
    }
    const line = lines.linePos(document.contents?.range?.[0] ?? 0).line;
    return objectsOf(document.toJS(), `${source}:${line}`);
  });
}

function objectsOf(value: unknown, source: string): Manifest[] {
  if (value === null || value === undefined) return [];
  const list = listItemsOf(value);
  if (list) return list.flatMap((item, index) => objectsOf(item, `${source} item ${index + 1}`));
  if (isManifest(value)) return [{ object: value, source }];
  throw new UsageError(`${source} is no manifest: it needs apiVersion, kind and metadata.name`);
}

function listItemsOf(value: unknown): unknown[] | undefined {
  if (typeof value !== "object" || value === null || !("kind" in value) || !("items" in value)) return undefined;
  return String(value.kind).endsWith("List") && Array.isArray(value.items) ? value.items : undefined;
}

function isManifest(value: unknown): value is KubeObject {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return false;
  const { metadata } = value;
  const named = typeof metadata === "object" && metadata !== null && "name" in metadata && Boolean(metadata.name);
  return (
    named &&
    "apiVersion" in value &&
    typeof value.apiVersion === "string" &&
    "kind" in value &&
    typeof value.kind === "string"
  );
}
