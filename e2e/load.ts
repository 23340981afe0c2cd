import { onTestFinished } from "vitest";
import { echo, endSession, openSession } from "./mcp-session.ts";
import type { Place } from "./place.ts";

/** What a tool of a server answers to a session of its own. */
export async function answerOf(place: Place, name: string, message: string): Promise<string> {
  const session = await openSession(await place.url(name));
  const text = await echo(session, message);
  // Each session of a stdio server is a process: those of a load would soon be too many for its pod.
  await endSession(session);
  return text;
}

/**
 * Opens sessions and calls a tool, one after the other, until it is stopped or the test ends. `stop` lets it go on until
 * it has made more than `calls` calls: how many fit into a roll-out depends on the machine.
 */
export function callUntilStopped(place: Place, name: string, { calls }: { calls: number }) {
  const failures: string[] = [];
  let answered = 0;
  let stopped = false;
  let finished = false;
  const run = async () => {
    while (!finished && (!stopped || answered + failures.length <= calls)) {
      await answerOf(place, name, "load").then(
        () => {
          answered += 1;
        },
        (error: unknown) => failures.push(error instanceof Error ? `${error} ${error.cause ?? ""}` : String(error)),
      );
    }
  };
  const done = Promise.all([run(), run()]);
  const stop = async () => {
    stopped = true;
    await done;
    return { answered, failures };
  };
  onTestFinished(async () => {
    finished = true;
    await done;
  });
  return { stop };
}
