import type { ClusterConfig } from "@moorage/kube-client";
import type { Address } from "../server/http-endpoint.ts";
import type { LeaseOptions } from "./lease-options.ts";

/** What the thread is started with. */
export interface ThreadData {
  cluster: ClusterConfig;
  lease: LeaseOptions;
  probes: Address | undefined;
  /** One BigInt64: until when we lead, in nanoseconds of `process.hrtime`, which all threads share. */
  heldUntil: SharedArrayBuffer;
}

/** From the thread. */
export type ThreadReport =
  | { what: "serving"; port: number | undefined }
  | { what: "held" }
  | { what: "observed"; leader: string }
  | { what: "lost"; reason: string }
  | { what: "released" };

/** To the thread. */
export type ThreadOrder =
  /** What `/readyz` answers until the next such order; also a sign of life. */
  { what: "ready"; status: number; body: string } | { what: "release" };
