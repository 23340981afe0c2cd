import { startDevCluster } from "../dev-cluster.ts";

/** A dev cluster in a process of its own, for tests that kill it. Prints its URL when it is ready. */
const cluster = await startDevCluster({ dir: process.argv[2] ?? "", node: false, controllers: false });
process.stdout.write(`${cluster.url}\n`);
