import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type AddressClaim, claimAddressRanges } from "./address-ranges.ts";
import { keepQuotaStatus } from "./admission/quota-status.ts";
import { WebhookAdmission } from "./admission/webhooks.ts";
import type { ClusterApi, PodHandlers } from "./cluster-api.ts";
import { startControllers } from "./controllers/start-controllers.ts";
import { serveCustomResources } from "./crd/serve-custom-resources.ts";
import type { LogError } from "./http/api-server.ts";
import { Authenticator } from "./http/authenticator.ts";
import { RequestCounters } from "./http/metrics.ts";
import { createApiServer } from "./http/server.ts";
import { type NodeOptions, startNode } from "./node/start-node.ts";
import { servingCertificate } from "./pki/certificates.ts";
import { readOrMake, writePrivate } from "./pki/key-files.ts";
import { kubeconfigText } from "./pki/kubeconfig.ts";
import { TokenIssuer } from "./pki/token-issuer.ts";
import { Authorizer } from "./rbac/authorizer.ts";
import { ensureBootstrapPolicy } from "./rbac/bootstrap-policy.ts";
import { type ApiCore, createApiCore } from "./registry/api-core.ts";
import { LocalApi } from "./registry/local-api.ts";
import { secretTokenCreator, tokenCreator } from "./registry/service-account-tokens.ts";
import { ensureSystemObjects } from "./registry/system-objects.ts";

/** Options of a dev cluster. */
export interface DevClusterOptions {
  /** Keeps the cluster's state, certificates and kubeconfig. One cluster per folder at a time. */
  readonly dir: string;
  /** The address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** The port of the API server. Default: the one it had before in this folder, else a free one; 0: a free one. */
  readonly port?: number;
  /** Where Services get cluster addresses. Default: a network in 127.0.0.0/8 that no other cluster here uses. */
  readonly serviceRange?: string;
  /** Whether the built-in controllers run. Default true. */
  readonly controllers?: boolean;
  /** The node that runs pods as processes; false: another agent plays the node. Default: a node with these defaults. */
  readonly node?: false | Partial<Omit<NodeOptions, "stateDir" | "logError">>;
  /** Told of failures that nobody expected. Default: nobody. */
  readonly logError?: LogError;
}

/** A running dev cluster. */
export interface DevCluster {
  /** `https://HOST:PORT`. */
  readonly url: string;
  /** The administrator's kubeconfig, mode 0600. */
  readonly kubeconfigPath: string;
  /** The same cluster in process, with the administrator's rights. */
  readonly api: ClusterApi;
  /** Stops the node and its processes, the controllers and the server. The state stays. */
  stop(): Promise<void>;
}

const nodePorts = { first: 30_000, last: 32_767 };

/**
 * Starts a Kubernetes API server with its controllers and a node in this process.
 *
 * *Guarantees*: when it resolves, requests are served; what it acknowledges survives `kill -9`.
 * @throws Error when the folder is in use or the port is taken.
 */
export async function startDevCluster(options: DevClusterOptions): Promise<DevCluster> {
  const { dir, host = "127.0.0.1", logError = () => {} } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const ranges = await claimAddressRanges(dir);
  const serviceRange = options.serviceRange ?? ranges.services;
  const core = createApiCore({
    databasePath: join(dir, "state.db"),
    services: { clusterIps: serviceRange, nodePorts },
  });
  core.store.onListenerError = logError;
  const certificate = await servingCertificate(join(dir, "pki"), servingNames(host, core.addresses.apiServerAddress));
  const tokens = new TokenIssuer(join(dir, "pki", "sa.key"));
  const adminToken = readOrMake(join(dir, "pki", "admin.token"), () => randomBytes(32).toString("hex")).trim();
  const createToken = tokenCreator(core.store, tokens);
  let handlers: PodHandlers | undefined;
  const server = createApiServer(
    {
      core,
      tokens,
      createToken,
      authenticator: new Authenticator(core.store, tokens, adminToken),
      authorizer: new Authorizer(core.store),
      webhooks: new WebhookAdmission(core),
      counters: new RequestCounters(),
      podHandlers: () => handlers,
    },
    certificate,
    logError,
  );
  const port = await listen(server, host, options.port ?? earlierPort(dir));
  const url = `https://${host}:${port}`;
  const kubeconfigPath = join(dir, "kubeconfig");
  writePrivate(
    kubeconfigPath,
    kubeconfigText({ url, certificateAuthority: certificate.certificateAuthority, token: adminToken }),
  );
  const localParts = {
    endpoint: { host, port, certificateAuthority: certificate.certificateAuthority },
    createToken,
    createSecretToken: secretTokenCreator(core.store, tokens),
  };
  const api = new LocalApi(core, localParts);
  prepareState(core, { host, port });
  const stopCustom = serveCustomResources(core, new LocalApi(core, localParts, "kube-apiserver"));
  const stopQuotas = keepQuotaStatus(core, api);
  const stopControllers = options.controllers === false ? () => {} : startControllers(api, { logError });
  const node = options.node === false ? undefined : await startNode(api, { ...nodeOptions(options, ranges), logError });
  handlers = node?.handlers;
  await core.store.settled();
  return {
    url,
    kubeconfigPath,
    api,
    async stop() {
      await node?.stop();
      stopControllers();
      stopCustom();
      stopQuotas();
      await close(server);
      core.store.close();
      await ranges.release();
    },
  };
}

function nodeOptions({ dir, node }: DevClusterOptions, { pods }: AddressClaim): Omit<NodeOptions, "logError"> {
  return { cacheDir: join(dir, "cache"), environment: {}, podRange: pods, ...node, stateDir: join(dir, "node") };
}

/** Creates what every cluster has from its first moment. */
function prepareState(core: ApiCore, endpoint: { host: string; port: number }): void {
  ensureSystemObjects(core, endpoint);
  ensureBootstrapPolicy(core.registry, core.catalog);
}

function servingNames(host: string, serviceAddress: string): string[] {
  const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
  return [...new Set([...names, "localhost", "127.0.0.1", host, serviceAddress])];
}

/** The port that this folder's clients know already. */
function earlierPort(dir: string): number {
  const path = join(dir, "kubeconfig");
  if (!existsSync(path)) return 0;
  return Number(/server: "?https:\/\/[^\s"]+:(\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? 0);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new Error(`Cannot listen on ${host}:${port}: is another cluster or program using the port?`, { cause: error }),
      ),
    );
    server.listen(port, host, () => resolve(portOf(server.address())));
  });
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Watches never end by themselves.
    server.closeAllConnections();
  });
}
