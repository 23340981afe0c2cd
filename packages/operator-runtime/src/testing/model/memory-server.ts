import { MemoryApiServer } from "../memory-api/memory-api-server.ts";
import type { Failure, ModelServer } from "./model-server.ts";

const user = { manager: "user", operation: "Update", subresource: "" } as const;

/** The API server in memory: quick enough for thousands of lives. */
export async function startMemoryServer(): Promise<ModelServer> {
  const server = new MemoryApiServer();
  const { store } = server;
  const namespace = "d";
  let [failures, failure]: [number, Failure] = [0, 500];
  server.faults.refuse = (method) => (method !== "POST" && failures-- > 0 ? failure : undefined);
  return {
    namespace,
    cluster: await server.start(),
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
    apps: () => store.list("apps"),
    children: () => store.list("configmaps"),
    fail: (times, how) => {
      [failures, failure] = [times, how];
    },
    cutWatches: () => server.cutWatches(),
    compactAndCut() {
      store.compact();
      server.cutWatches();
    },
    stop: () => server[Symbol.asyncDispose](),
  };
}
