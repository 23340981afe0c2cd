import { setTimeout as wait } from "node:timers/promises";

const pollMs = 50;

/**
 * Calls `attempt` until it neither throws nor returns undefined.
 *
 * @throws Error with what went wrong last when that takes longer than `withinMs`.
 */
export async function eventually<T>(what: string, withinMs: number, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + withinMs;
  let last: unknown = "nothing yet";
  while (performance.now() < deadline) {
    const result = await attempt().catch((error: unknown) => {
      last = error;
      return undefined;
    });
    if (result !== undefined) return result;
    await wait(pollMs);
  }
  throw new Error(`${what}: not within ${withinMs} ms`, { cause: last });
}
