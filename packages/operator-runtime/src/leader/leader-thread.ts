/**
 * The thread that holds the Lease and answers probes, so that a main thread that is busy for seconds loses neither.
 * Started by `Leadership`.
 */
import { parentPort, workerData } from "node:worker_threads";
import { Client } from "@moorage/kube-client";
import { serveHttp, text } from "../server/http-endpoint.ts";
import { LeaseElector } from "./lease-elector.ts";
import type { ThreadData, ThreadOrder, ThreadReport } from "./thread-messages.ts";

/** A main thread that has been silent for longer is not busy but stuck: the kubelet should restart it. */
const stuckAfterMs = 60_000;

const data: ThreadData = workerData;
const heldUntil = new BigInt64Array(data.heldUntil);
const stop = new AbortController();
let ready = { status: 503, body: "starting" };
let lastSign = performance.now();

const report = (message: ThreadReport) => parentPort?.postMessage(message);
const drop = () => Atomics.store(heldUntil, 0, 0n);
const monotonicMs = () => Number(process.hrtime.bigint() / 1_000_000n);

parentPort?.on("message", (order: ThreadOrder) => {
  lastSign = performance.now();
  if (order.what === "release") stop.abort();
  else ready = { status: order.status, body: order.body };
});

const probes =
  data.probes &&
  (await serveHttp("probes", data.probes, {
    "/healthz": () => {
      const silentMs = performance.now() - lastSign;
      return silentMs < stuckAfterMs ? text(200, "ok") : text(503, `main thread silent for ${Math.round(silentMs)} ms`);
    },
    "/readyz": () => text(ready.status, ready.body),
  }));
report({ what: "serving", port: probes?.port });

const client = new Client({ cluster: data.cluster, userAgent: "moorage-leader-election" });
const elector = new LeaseElector(
  client,
  data.lease,
  {
    held(untilMs) {
      Atomics.store(heldUntil, 0, BigInt(Math.floor(untilMs)) * 1_000_000n);
      report({ what: "held" });
    },
    released: () => drop(),
    lost(reason) {
      drop();
      report({ what: "lost", reason });
    },
    observed: (leader) => report({ what: "observed", leader }),
  },
  monotonicMs,
);
await elector.run(stop.signal);
// After a loss probes go on until the process ends, which is the main thread's decision.
if (!stop.signal.aborted) await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
await client.close();
await probes?.close();
report({ what: "released" });
parentPort?.close();
