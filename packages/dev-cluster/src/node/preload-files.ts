import { join } from "node:path";

/** What Node.js loads before a pod's program. */
export const nodePreload = join(import.meta.dirname, "preload/preload.cjs");
/** The folder that Python looks for a `sitecustomize` in. */
export const pythonPreload = join(import.meta.dirname, "preload");
