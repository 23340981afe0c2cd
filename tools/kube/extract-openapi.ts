/**
 * Copies the API description of a real kube-apiserver (OpenAPI v3 per group and version, with the values of enumerations,
 * which its source leaves out), and from its source aggregated discovery and the roles that every cluster starts with,
 * into packages/dev-cluster/src/openapi/data, compressed.
 *
 * Usage: node tools/kube/extract-openapi.ts
 * Needs Go and what tools/kube/build.sh builds: the source comes through Go's module proxy, in the same pinned version.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { parse } from "yaml";

const version = "v1.36.3";
const target = join(import.meta.dirname, "../../packages/dev-cluster/src/openapi/data");

const port = 26_443;
const kubectl = join(process.env["KUBE_HOME"] ?? join(homedir(), ".cache/kube"), "bin/kubectl");
const options = { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 } as const;

const modules = execFileSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).trim();
execFileSync("go", ["mod", "download", `k8s.io/kubernetes@${version}`], { stdio: "inherit" });
const source = join(modules, `k8s.io/kubernetes@${version}`, "api");

function save(name: string, json: string): void {
  const minified = Buffer.from(JSON.stringify(JSON.parse(json)));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: minified.length };
  writeFileSync(join(target, `${name}.json.br`), brotliCompressSync(minified, { params }));
}

mkdirSync(target, { recursive: true });
// The protobuf descriptions are extract-protobuf.ts's.
for (const file of readdirSync(target)) if (file !== "protobuf.json.br") rmSync(join(target, file));
writeFileSync(join(target, "VERSION"), `${version}\n`);
save("discovery", readFileSync(join(source, "discovery/aggregated_v2.json"), "utf8"));
// The core group is not in aggregated discovery's file.
save("discovery-core", readFileSync(join(source, "discovery/api__v1.json"), "utf8"));
// The roles that every cluster starts with, those of upstream's own controllers aside.
const policies = join(source, "../plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata");
const roles = ["cluster-roles.yaml", "cluster-role-bindings.yaml"].flatMap(
  (file) => parse(readFileSync(join(policies, file), "utf8")).items,
);
save("bootstrap-policy", JSON.stringify(roles));
for (const [path, text] of await publishedDocuments()) save(path.replaceAll("/", "__"), text);

/** Every document that a kube-apiserver serves, by its path below `/openapi/v3`. It is started for this and stopped again. */
async function publishedDocuments(): Promise<[path: string, text: string][]> {
  const scripts = import.meta.dirname;
  const dir = mkdtempSync(join(tmpdir(), "extract-openapi-"));
  try {
    const up = execFileSync(join(scripts, "up.sh"), ["--dir", dir, "--port", String(port)], { encoding: "utf8" });
    const kubeconfig = up.trim();
    const read = (path: string) => execFileSync(kubectl, ["--kubeconfig", kubeconfig, "get", "--raw", path], options);
    const { paths }: { paths: Record<string, { serverRelativeURL: string }> } = JSON.parse(read("/openapi/v3"));
    return Object.entries(paths).map(([path, { serverRelativeURL }]) => [path, read(serverRelativeURL)]);
  } finally {
    execFileSync(join(scripts, "down.sh"), [dir]);
  }
}
