import type { ObjectKey, PodHandlers, PodLogOptions } from "../cluster-api.ts";
import { keyOf } from "../registry/registry.ts";
import { ApiError, badRequest } from "../status/api-error.ts";
import { type ApiObject, isFields, listAt, stringAt } from "../store/api-object.ts";
import type { ApiServerParts } from "./api-server.ts";
import type { Exchange } from "./exchange.ts";
import type { ResourcePath } from "./request-info.ts";
import type { Target } from "./write-handlers.ts";

/** Answers `kubectl logs` from the node. */
export async function streamPodLogs(parts: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  const pod = parts.core.registry.get(info, keyOf(info, path.namespace, path.name)).object;
  const handlers = nodeHandlers(parts, pod);
  const options = logOptions(exchange.query, chooseContainer(pod, exchange.query.get("container") ?? ""));
  const gone = new AbortController();
  exchange.response.on("close", () => gone.abort());
  for await (const chunk of handlers.logs(podKey(path), options, gone.signal)) {
    if (!exchange.response.headersSent) writeHead(exchange);
    if (!exchange.response.write(chunk)) await drained(exchange, gone.signal);
    if (gone.signal.aborted) return;
  }
  if (!exchange.response.headersSent) writeHead(exchange);
  exchange.response.end();
}

function writeHead(exchange: Exchange): void {
  exchange.response.writeHead(200, { "content-type": "text/plain", "cache-control": "no-cache, private" });
}

function drained(exchange: Exchange, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    exchange.response.once("drain", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Names the pod of a request. */
export function podKey(path: ResourcePath): ObjectKey {
  return { namespace: path.namespace ?? "", name: path.name };
}

/** Who serves the pod's streams. @throws ApiError where nobody can. */
export function nodeHandlers({ podHandlers }: ApiServerParts, pod: ApiObject): PodHandlers {
  if (!stringAt(pod, "spec", "nodeName")) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const handlers = podHandlers();
  if (handlers) return handlers;
  const message = `Cannot reach the containers of pod "${pod.metadata.name}": this cluster runs without a node of its own; start it with one`;
  throw new ApiError(503, "ServiceUnavailable", message);
}

/** The container that a request is about: the named one, or the only one. */
export function chooseContainer(pod: ApiObject, asked: string): string {
  const names = ["containers", "initContainers", "ephemeralContainers"].flatMap((kind) =>
    listAt(pod, "spec", kind)
      .filter(isFields)
      .map((container) => String(container["name"])),
  );
  if (asked !== "") {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const main = listAt(pod, "spec", "containers")
    .filter(isFields)
    .map((container) => String(container["name"]));
  const [only, ...others] = main;
  if (only !== undefined && others.length === 0) return only;
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${main.join(" ")}]`,
  );
}

function logOptions(query: URLSearchParams, container: string): PodLogOptions {
  const isSet = (name: string) => ["true", "1"].includes(query.get(name) ?? "");
  const sinceTime = query.get("sinceTime");
  return {
    container,
    follow: isSet("follow"),
    previous: isSet("previous"),
    timestamps: isSet("timestamps"),
    ...numberOption(query, "tailLines"),
    ...numberOption(query, "sinceSeconds"),
    ...numberOption(query, "limitBytes"),
    ...(sinceTime ? { sinceTime } : {}),
  };
}

function numberOption(query: URLSearchParams, name: string): Record<string, number> {
  const text = query.get(name) ?? "";
  if (text === "") return {};
  if (/^\d{1,15}$/.test(text)) return { [name]: Number(text) };
  throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a number, 0 or more`);
}
