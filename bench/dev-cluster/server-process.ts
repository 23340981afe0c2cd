import module from "node:module";

/** The dev cluster that is measured, started as `moorage` starts it: everything but the node, as the other side has none. */
const [, , dir = "", compiled] = process.argv;
// Before anything is loaded: half of a start is compiling what has not changed since the last one.
module.enableCompileCache(compiled);
const { startDevCluster } = await import("@moorage/dev-cluster");
await startDevCluster({ dir, node: false });
process.stdout.write("ready\n");
// It ends by force, which writes nothing down.
module.flushCompileCache();
process.stdout.write("compiled\n");
