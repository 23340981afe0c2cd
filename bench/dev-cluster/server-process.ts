import { startDevCluster } from "@moorage/dev-cluster";

/** The dev cluster that is measured: everything but the node, as the other side has none. */
await startDevCluster({ dir: process.argv[2] ?? "", node: false });
process.stdout.write("ready\n");
