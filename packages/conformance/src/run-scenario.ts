import type { ApiConnection } from "./api-connection.ts";
import type { Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import type { WebhookServer } from "./webhook-server.ts";

/** The server that a scenario is played on, and the webhooks it reaches. */
export interface Theatre {
  readonly api: ApiConnection;
  readonly webhooks: WebhookServer;
}

/** Plays a scenario in a namespace made for it, and returns the answers, or what its script returns. */
export async function runScenario(theatre: Theatre, scenario: Scenario, namespace: string): Promise<unknown> {
  const { steps, setUp = [], tearDown = [] } = scenario;
  const stage = new Stage({ ...theatre, namespace });
  await stage.send({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: namespace } } });
  // Pods wait for it on every cluster.
  await stage.send({ method: "GET", path: "/api/v1/namespaces/{ns}/serviceaccounts/default", until: 200 });
  try {
    await stage.sendAll(setUp);
    return typeof steps === "function" ? await steps(stage) : await stage.sendAll(steps);
  } finally {
    stage.close();
    await stage.sendAll(tearDown);
    await stage.send({ method: "DELETE", path: "/api/v1/namespaces/{ns}" });
  }
}
