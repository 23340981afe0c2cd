import { existsSync } from "node:fs";
import type { Pod } from "@moorage/kube-types/core-v1";
import type { PodLogOptions } from "../../cluster-api.ts";
import { ApiError } from "../../status/api-error.ts";
import { type LogLine, readLog } from "../logs/container-log.ts";
import { logPathOf } from "../logs/log-path.ts";
import type { PodWorker } from "../pod/pod-worker.ts";
import { LineQueue } from "./line-queue.ts";

/** Where a pod's logs are. */
export interface LogSource {
  pod: Pod;
  stateDir: string;
  /** Absent when the pod has ended before the node started. */
  worker: PodWorker | undefined;
}

/**
 * The log of a container as `kubectl logs` wants it. *Guarantees*: with `follow`, no line is missing or doubled
 * between what was on disk and what comes; it ends when the container ends.
 * @throws ApiError BadRequest, in kubelet's words, when there is no log (yet).
 */
export async function* readLogs(
  source: LogSource,
  options: PodLogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const format = formatter(options);
  const limit = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  for await (const line of lines(source, options, signal)) {
    const bytes = Buffer.from(format(line));
    yield bytes.subarray(0, limit - sent);
    sent += bytes.length;
    if (sent >= limit) return;
  }
}

async function* lines(source: LogSource, options: PodLogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const path = pathOf(source, options);
  const log = source.worker?.runners.get(options.container)?.log;
  const queue = new LineQueue<LogLine>();
  const isLive = options.follow && !options.previous && log !== undefined && !log.closed;
  // Subscribed and read in one turn, so that no line falls between the two.
  const unfollow = isLive ? log.follow({ line: (line) => queue.push(line), ended: () => queue.end() }) : () => {};
  const stop = () => queue.end();
  signal.addEventListener("abort", stop, { once: true });
  if (!isLive) queue.end();
  try {
    yield* selected(readLog(path), options);
    yield* queue;
  } finally {
    unfollow();
    signal.removeEventListener("abort", stop);
  }
}

function selected(all: LogLine[], { sinceSeconds, sinceTime, tailLines }: PodLogOptions): LogLine[] {
  const since = sinceSeconds === undefined ? sinceTime : new Date(Date.now() - sinceSeconds * 1000).toISOString();
  // Both are RFC 3339 in UTC, or made so: their order is that of their texts.
  const from = since === undefined ? "" : new Date(since).toISOString().replace("Z", "");
  const young = all.filter(({ time }) => time >= from);
  return tailLines === undefined ? young : young.slice(Math.max(0, young.length - tailLines));
}

function formatter({ timestamps }: PodLogOptions): (line: LogLine) => string {
  return timestamps ? ({ time, text }) => `${time} ${text}\n` : ({ text }) => `${text}\n`;
}

function pathOf({ pod, stateDir }: LogSource, { container, previous }: PodLogOptions): string {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const status = statuses.find(({ name }) => name === container);
  const restartCount = (status?.restartCount ?? 0) - (previous ? 1 : 0);
  const path = logPathOf(stateDir, pod, { container, restartCount });
  if (restartCount >= 0 && existsSync(path)) return path;
  const { name } = pod.metadata;
  if (previous) throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  const reason = status?.state?.waiting?.reason ?? "ContainerCreating";
  const why = reason === "ErrImagePull" || reason === "ImagePullBackOff" ? "trying and failing to pull image" : reason;
  throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${why}`);
}

function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}
