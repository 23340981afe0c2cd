import { startDevCluster } from "@moorage/dev-cluster";

/** A dev cluster with its controllers in a process of its own, for a test that kills it. Prints when it is ready. */
await startDevCluster({ dir: process.argv[2] ?? "", node: false });
process.stdout.write("ready\n");
