/**
 * Copies the API description that Kubernetes publishes with its source (OpenAPI v3 per group and
 * version, aggregated discovery, and the roles that every cluster starts with) into packages/dev-cluster/src/openapi/data, compressed.
 *
 * Usage: node tools/kube/extract-openapi.ts
 * Needs Go: the source comes through its module proxy (tools/kube/build.sh pins the same version).
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { parse } from "yaml";

const version = "v1.36.3";
const target = join(import.meta.dirname, "../../packages/dev-cluster/src/openapi/data");

const modules = execFileSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).trim();
execFileSync("go", ["mod", "download", `k8s.io/kubernetes@${version}`], { stdio: "inherit" });
const source = join(modules, `k8s.io/kubernetes@${version}`, "api");

function save(name: string, json: string): void {
  const minified = Buffer.from(JSON.stringify(JSON.parse(json)));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: minified.length };
  writeFileSync(join(target, `${name}.json.br`), brotliCompressSync(minified, { params }));
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
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
for (const file of readdirSync(join(source, "openapi-spec/v3"))) {
  // `apis__apps__v1_openapi.json` describes `/apis/apps/v1`: keep the path as the name.
  const name = file.replace(/_openapi\.json$/, "");
  save(name, readFileSync(join(source, "openapi-spec/v3", file), "utf8"));
}
