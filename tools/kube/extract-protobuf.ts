/**
 * Writes the wire format of the built-in kinds (field numbers, types, JSON names) into
 * packages/dev-cluster/src/openapi/data/protobuf.json.br: kubectl and client-go send built-in kinds as Protocol Buffers.
 *
 * Usage: node tools/kube/extract-protobuf.ts (after extract-openapi.ts, which empties the folder)
 * The numbers come from the generated.proto files, the JSON names and which zero values mean something from the Go
 * structs beside them.
 */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const version = "v0.36.3";
const modules = ["api", "apimachinery", "apiextensions-apiserver", "kube-aggregator"];
const target = join(import.meta.dirname, "../../packages/dev-cluster/src/openapi/data/protobuf.json.br");

/** Number, JSON name (empty: the fields below stand in the parent itself), type, and any of: r(epeated), m(ap), z(ero counts). */
type Field = [number: number, name: string, type: string, flags: string];

const cache = execFileSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).trim();
const messages: Record<string, Field[]> = {};

for (const module of modules) {
  for (const file of globSync(join(cache, `k8s.io/${module}@${version}/**/generated.proto`))) readProto(file);
}

function readProto(file: string): void {
  const text = readFileSync(file, "utf8");
  const name = /^package ([\w.]+);/m.exec(text)?.[1] ?? "";
  const tags = goTags(dirname(file));
  for (const [, message = "", body = ""] of text.matchAll(/^message (\w+) \{\n([\s\S]*?)^\}/gm)) {
    messages[`${name}.${message}`] = [
      ...body.matchAll(/^ {2}(optional|repeated|required|map<string, ([\w.]+)>) ?([\w.]*) (\w+) = (\d+)/gm),
    ].map(([, label = "", value = "", type = "", field = "", number = ""]) => {
      const isMap = label.startsWith("map");
      const tag = tags.get(`${message} ${number}`);
      const flags = `${isMap ? "m" : ""}${label === "repeated" ? "r" : ""}${tag?.zeroCounts ? "z" : ""}`;
      return [Number(number), tag?.name ?? field, qualified(isMap ? value : type, name), flags];
    });
  }
}

function qualified(type: string, packageName: string): string {
  if (type.startsWith(".")) return type.slice(1);
  return /^[A-Z]/.test(type) ? `${packageName}.${type}` : type;
}

interface Tag {
  name: string;
  zeroCounts: boolean;
}

/** The JSON names by struct and protobuf number, from the tags of the Go structs. */
function goTags(folder: string): Map<string, Tag> {
  const tags = new Map<string, Tag>();
  for (const file of globSync(join(folder, "*.go"))) {
    if (/generated|_test\.go$/.test(file)) continue;
    for (const [, struct = "", body = ""] of readFileSync(file, "utf8").matchAll(
      /^type (\w+) struct \{\n([\s\S]*?)^\}/gm,
    )) {
      for (const [, type = "", json = "", number = ""] of body.matchAll(
        /^\s+(?:\w+\s+)?([*[\]\w.]+)\s+`json:"([^"]*)".*protobuf:"\w+,(\d+),/gm,
      )) {
        const [name = "", ...options] = json.split(",");
        tags.set(`${struct} ${number}`, { name, zeroCounts: type.startsWith("*") || !options.includes("omitempty") });
      }
    }
  }
  return tags;
}

const text = Buffer.from(JSON.stringify(messages));
writeFileSync(target, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
