import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "@moorage/kube-client";
import { findCondition } from "@moorage/kube-types";
import { StacklokMCPServer } from "@moorage/resources";

const timeoutMs = 180_000;
const pollMs = 100;

/**
 * Waits for `Ready`, printing each state on the way. @returns `status.url`.
 *
 * @throws Error with the last state after three minutes: the first run may have to download the server's package.
 */
export async function untilReady(client: Client, key: { namespace: string; name: string }): Promise<string> {
  const deadline = performance.now() + timeoutMs;
  let shown = "";
  while (performance.now() < deadline) {
    const { status } = await client.get(StacklokMCPServer, key);
    const ready = findCondition(status?.conditions, "Ready");
    const state = ready
      ? `${status?.phase}: ${ready.reason}: ${ready.message}`
      : "Pending: no controller has looked at it yet";
    if (state !== shown) console.log(`    ${state}`);
    shown = state;
    if (ready?.status === "True" && status?.url) return status.url;
    await wait(pollMs);
  }
  throw new Error(
    `MCPServer "${key.namespace}/${key.name}" was not ready within ${timeoutMs / 1000} s. Its last state: ${shown}`,
  );
}
