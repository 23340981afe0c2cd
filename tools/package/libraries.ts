import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { version, writeManifest } from "./manifest.ts";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "node_modules/.bin");
/** Where the compiler puts what tsconfig.libraries.json names. */
const compiled = join(root, "dist/libraries");

/** What others write operators with. Each is a folder in packages/. */
const libraries = ["kube-types", "kube-client", "resources", "operator-runtime", "dev-cluster"];

/** What a library reads beside its code. */
const data: Readonly<Record<string, readonly string[]>> = {
  "dev-cluster": ["openapi/data", "node/preload/preload.cjs", "node/preload/sitecustomize.py"],
};

/** The fields of a package's own `package.json` that matter here. */
interface PackageJson {
  name: string;
  description: string;
  exports: Record<string, string>;
  dependencies?: Record<string, string>;
}

/**
 * Builds a package for each library in a folder of `target`: the sources compiled one by one, with their types. Another
 * library of this repository is a dependency of the same version.
 */
export function buildLibraries(target: string): void {
  rmSync(compiled, { recursive: true, force: true });
  execFileSync(join(bin, "tsc"), ["--project", "tools/package/tsconfig.libraries.json"], {
    cwd: root,
    stdio: "inherit",
  });
  for (const name of libraries) buildLibrary(name, join(target, name));
  rmSync(compiled, { recursive: true });
}

function buildLibrary(name: string, target: string): void {
  const source = join(root, "packages", name);
  cpSync(join(compiled, name, "src"), join(target, "lib"), { recursive: true });
  for (const path of data[name] ?? [])
    cpSync(join(source, "src", path), join(target, "lib", path), { recursive: true });
  cpSync(join(source, "README.md"), join(target, "README.md"));
  cpSync(join(root, "LICENSE"), join(target, "LICENSE"));
  const own: PackageJson = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  writeManifest(target, {
    name: own.name,
    description: own.description,
    exports: mapValues(own.exports, exported),
    dependencies: mapValues(own.dependencies ?? {}, (wanted) => (wanted === "*" ? version : wanted)),
  });
}

/** `./src/index.ts` is `./lib/index.js` here. */
function exported(source: string): { types: string; default: string } {
  const path = source.replace("./src/", "./lib/").replace(/\.ts$/, "");
  return { types: `${path}.d.ts`, default: `${path}.js` };
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
