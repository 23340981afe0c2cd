import { setTimeout as sleep } from "node:timers/promises";
import type { ApiConnection } from "./api-connection.ts";
import type { Scenario, Step, StepAnswer } from "./scenario.ts";

const attempts = 100;
const pauseMs = 50;

/** Sends the steps of a scenario in their order, in a namespace made for it, and returns the answers. */
export async function runScenario(api: ApiConnection, scenario: Scenario, namespace: string): Promise<StepAnswer[]> {
  await api.send({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: namespace } } });
  // Pods wait for it on every cluster.
  await sendUntil(api, { method: "GET", path: `/api/v1/namespaces/${namespace}/serviceaccounts/default` }, 200);
  await sendAll(api, scenario.setUp ?? [], namespace);
  const answers = await sendAll(api, scenario.steps, namespace);
  await sendAll(api, scenario.tearDown ?? [], namespace);
  await api.send({ method: "DELETE", path: `/api/v1/namespaces/${namespace}` });
  return answers;
}

async function sendAll(api: ApiConnection, steps: readonly Step[], namespace: string): Promise<StepAnswer[]> {
  const answers: StepAnswer[] = [];
  for (const step of steps) {
    const placed = inNamespace(step, namespace);
    answers.push(step.until === undefined ? await api.send(placed) : await sendUntil(api, placed, step.until));
  }
  return answers;
}

function inNamespace(step: Step, namespace: string): Step {
  return JSON.parse(JSON.stringify(step).replaceAll("{ns}", namespace));
}

/** Polls: over plain HTTP there is no event for every kind of readiness. */
async function sendUntil(api: ApiConnection, step: Step, code: number): Promise<StepAnswer> {
  for (let left = attempts; ; left--) {
    const answer = await api.send(step);
    if (answer.code === code || left <= 0) return answer;
    await sleep(pauseMs);
  }
}
