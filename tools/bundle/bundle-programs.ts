import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

/**
 * Takes `node:http` as a CommonJS module does. An ES module that imports it makes Node read every export at once, of
 * which some load the whole of Node's own HTTP client: a seventh of an operator's start, and memory for good.
 */
const httpWithoutItsClient: Plugin = {
  name: "http-without-its-client",
  setup(build) {
    const namespace = "built-in";
    build.onResolve({ filter: /^node:http$/ }, ({ path }) => ({ path, namespace }));
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Takes of undici what is used. Asking for more of it than that file exports is an error of the build. */
const undiciCore: Plugin = {
  name: "undici-core",
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: join(import.meta.dirname, "undici-core.mjs") }));
  },
};

const root = join(import.meta.dirname, "../..");

/** What every installation has. */
export const programs = {
  operator: join(root, "apps/operator/src/main.ts"),
  proxy: join(root, "apps/proxy/src/main.ts"),
  // The operator starts it as a thread, by this name beside itself.
  "leader-thread": join(root, "packages/operator-runtime/src/leader/leader-thread.ts"),
};

/** Cedar looks for it beside the file that its code is in. */
const wasm = "cedar_wasm_bg.wasm";

/**
 * Bundles programs, by name, into `folder`, which is emptied: `NAME.mjs` each, and files that they share or load later.
 * They need no node_modules.
 */
export async function bundlePrograms(folder: string, entryPoints: Readonly<Record<string, string>>): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    metafile: true,
    entryPoints: { ...entryPoints },
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node24",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    // Names stay as they are, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    // Licences in a file of their own: one letter of theirs that is not ASCII doubles the whole text in memory.
    legalComments: "external",
    plugins: [httpWithoutItsClient, undiciCore],
    // CommonJS dependencies ask for what ES modules do not have.
    banner: {
      js: [
        'import { createRequire } from "node:module";',
        "const require = createRequire(import.meta.url);",
        "const __dirname = import.meta.dirname;",
      ].join(" "),
    },
    logLevel: "warning",
  });
  refuseLostNames(metafile);
  copyFileSync(join(root, "node_modules/@cedar-policy/cedar-wasm/nodejs", wasm), join(folder, wasm));
}

/** A file of its own that is CommonJS has but one export: what was loaded for its names would find none. */
function refuseLostNames({ inputs }: Metafile): void {
  for (const [name, { imports }] of Object.entries(inputs)) {
    for (const { kind, path } of imports) {
      if (kind !== "dynamic-import" || inputs[path]?.format !== "cjs") continue;
      throw new Error(`"${name}" loads "${path}", which is CommonJS: import it in a file of ours, and load that`);
    }
  }
}
