import type { ApiConnection } from "./api-connection.ts";
import type { Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import type { WebhookServer } from "./webhook-server.ts";

/** The server that a scenario is played on, and the webhooks it reaches. */
export interface Theatre {
  readonly api: ApiConnection;
  readonly webhooks: WebhookServer;
  /** Where kubectl may keep what it has read of this server. */
  readonly cacheDir: string;
}

/**
 * Plays a scenario in a namespace made for it, and returns the answers, or what its script returns. The namespace stays:
 * servers under test are thrown away, and one that empties hundreds of namespaces has no time for what is tested.
 */
export async function runScenario(theatre: Theatre, scenario: Scenario, namespace: string): Promise<unknown> {
  const { steps, setUp = [], tearDown = [] } = scenario;
  const stage = new Stage({ ...theatre, namespace });
  await stage.send({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: namespace } } });
  // What controllers put into every namespace; pods wait for the account, and webhooks are told of either.
  for (const path of ["serviceaccounts/default", "configmaps/kube-root-ca.crt"]) {
    await stage.send({ method: "GET", path: `/api/v1/namespaces/{ns}/${path}`, until: 200 });
  }
  try {
    await stage.sendAll(setUp);
    return typeof steps === "function" ? await steps(stage) : await stage.sendAll(steps);
  } finally {
    stage.close();
    await stage.sendAll(tearDown);
  }
}
