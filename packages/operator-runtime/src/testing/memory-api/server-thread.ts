/** An API server in memory on a thread of its own, for tests that keep the main thread busy. Reports its URL. */
import { parentPort } from "node:worker_threads";
import { MemoryApiServer } from "./memory-api-server.ts";

const server = new MemoryApiServer();
parentPort?.postMessage((await server.start()).server);
