import { join } from "node:path";

/** In the npm package everything lies beside this file, bundled; in the repository Node.js runs the sources. */
const bundled = import.meta.filename.endsWith(".mjs");
const here = import.meta.dirname;

/** The manifest that installs the operator. */
export const installManifest = join(here, bundled ? "install.yaml" : "../../../deploy/install.yaml");

/** The words that start another program of this installation. */
export function programOf(name: "operator" | "proxy"): string[] {
  return [process.execPath, join(here, bundled ? `${name}.mjs` : `../../${name}/src/main.ts`)];
}
