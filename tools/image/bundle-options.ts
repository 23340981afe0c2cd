import type { BuildOptions, Plugin } from "esbuild";

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

/** How programs are bundled: one file each, with no node_modules beside it. */
export const bundleOptions: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // Names stay as they are, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // Licences in a file of their own: one letter of theirs that is not ASCII doubles the whole text in memory.
  legalComments: "external",
  plugins: [httpWithoutItsClient],
  // CommonJS dependencies ask for what ES modules do not have.
  banner: {
    js: [
      'import { createRequire } from "node:module";',
      "const require = createRequire(import.meta.url);",
      "const __dirname = import.meta.dirname;",
    ].join(" "),
  },
  logLevel: "warning",
};
