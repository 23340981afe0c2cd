import type { LocalResponse, LocalServer } from "@moorage/kube-client";
import { MemoryApi } from "../memory-api/memory-api.ts";
import type { Failure, ModelServer } from "./model-server.ts";

const user = { manager: "user", operation: "Update", subresource: "" } as const;

/**
 * The API server in memory, in this process and without sockets: quick enough for tens of thousands of lives.
 * Requests, answers and watch events take a random time each, as on a network; each watch keeps its order.
 */
export async function startMemoryServer(): Promise<ModelServer> {
  const api = new MemoryApi();
  const { store } = api;
  const namespace = "d";
  let [failures, failure]: [number, Failure] = [0, 500];
  api.faults.refuse = (method) => (method !== "POST" && failures-- > 0 ? failure : undefined);
  return {
    namespace,
    cluster: { server: "http://in-this-process.invalid", namespace },
    localServer: overNetwork(api.serve),
    setApp(name, spec) {
      const key = `${namespace}/${name}`;
      // What is on its way out goes, whatever its spec says by then.
      if (store.find("apps", key)?.metadata.deletionTimestamp) return false;
      store.write("apps", key, (live) => ({ ...live, apiVersion: "try.dev/v1", kind: "App", spec }), user);
      return true;
    },
    deleteApp: (name) => void store.delete("apps", `${namespace}/${name}`),
    editChild(name) {
      const key = `${namespace}/${name}`;
      if (!store.find("configmaps", key)) return;
      store.write("configmaps", key, (live) => ({ ...live, data: { text: "edited" } }), user);
    },
    deleteChild(name) {
      const key = `${namespace}/${name}`;
      if (store.find("configmaps", key)) store.delete("configmaps", key);
    },
    version: () => store.version,
    apps: () => store.list("apps"),
    children: () => store.list("configmaps"),
    fail: (times, how) => {
      [failures, failure] = [times, how];
    },
    cutWatches: () => api.cutWatches(),
    compactAndCut() {
      store.compact();
      api.cutWatches();
    },
    stop: async () => api.cutWatches(),
  };
}

function overNetwork(serve: LocalServer): LocalServer {
  return (request, response) => later(() => serve(request, slowed(response)));
}

/** Delivers in order, but late. */
function slowed(response: LocalResponse): LocalResponse {
  let queue: (() => void)[] = [];
  const deliver = (what: () => void) => {
    queue.push(what);
    if (queue.length > 1) return;
    later(() => {
      const due = queue;
      queue = [];
      for (const each of due) each();
    });
  };
  return {
    start: (statusCode, headers) => deliver(() => response.start(statusCode, headers)),
    write: (text) => deliver(() => response.write(text)),
    end: () => deliver(() => response.end()),
    // A broken connection takes with it what is on its way.
    break: () => response.break(),
    onClose: (listener) => response.onClose(listener),
  };
}

function later(work: () => void): void {
  const turns = Math.floor(Math.random() * 4);
  const wait = (left: number) => (left === 0 ? work() : setImmediate(() => wait(left - 1)));
  setImmediate(() => wait(turns));
}
