import type { Activity } from "./activity.ts";
import { TokenExchanger } from "./auth/token-exchange.ts";
import { TokenVerifier } from "./auth/token-verifier.ts";
import { PolicyEngine } from "./authz/policy-engine.ts";
import { compose, type Handler, type Layer } from "./call.ts";
import type { Connect } from "./connection.ts";
import { answerErrors } from "./layers/answer-errors.ts";
import { auditCalls } from "./layers/audit-calls.ts";
import { authenticate } from "./layers/authenticate.ts";
import { authorize } from "./layers/authorize.ts";
import { checkModern } from "./layers/check-modern.ts";
import { filterTools } from "./layers/filter-tools.ts";
import { limitRate } from "./layers/limit-rate.ts";
import { recordCalls } from "./layers/record-calls.ts";
import { requireUpstream } from "./layers/require-upstream.ts";
import { servePlugins } from "./layers/serve-plugins.ts";
import { traceCalls } from "./layers/trace-calls.ts";
import { type AuditLog, openAuditLog } from "./observability/audit-log.ts";
import type { Log } from "./observability/log.ts";
import type { Metrics } from "./observability/metrics.ts";
import { SpanExporter } from "./observability/span-exporter.ts";
import { loadPlugins, pluginConnect } from "./plugins/load-plugins.ts";
import type { Plugin } from "./plugins/plugin.ts";
import type { RunConfig } from "./run-config/schema.ts";
import type { Audit } from "./run-config/security-schema.ts";
import { holdMsOf, limitsOf } from "./settings.ts";
import type { UpstreamWatch } from "./upstream/upstream-watch.ts";

/** What a configuration needs that has to be loaded or parsed before its layers can be built. */
export interface Prepared {
  readonly policies: PolicyEngine | undefined;
  readonly verifier: TokenVerifier | undefined;
  readonly exchanger: TokenExchanger | undefined;
  readonly audit: AuditLog | undefined;
  readonly exporter: SpanExporter | undefined;
  readonly plugins: readonly Plugin[];
  /** For `upstream.transport: "plugin"`. */
  readonly pluginConnect: Connect;
}

/**
 * Throws an `Error` that names the field where a part of the configuration cannot be used.
 *
 * @param previous what the configuration before this one needed, of which parts are used again
 */
export async function prepare(config: RunConfig, log: Log, previous?: Prepared): Promise<Prepared> {
  const plugins = await loadPlugins(config.plugins ?? []);
  return {
    plugins,
    pluginConnect: pluginConnect(config.upstream, plugins),
    policies: config.authz && (await PolicyEngine.parse(config.authz, previous?.policies)),
    exchanger: config.tokenExchange && new TokenExchanger(config.tokenExchange),
    verifier: config.oidc && new TokenVerifier(config.oidc, log),
    audit: config.audit && auditLogFor(config.name, config.audit, log, previous?.audit),
    // Last, as it works from now on.
    exporter: config.telemetry && new SpanExporter(config.telemetry, config.name, log),
  };
}

/** Calls in flight write to the old file when they end, so it is not closed where another is named. */
function auditLogFor(server: string, audit: Audit, log: Log, previous: AuditLog | undefined): AuditLog {
  return previous && previous.file === audit.file ? previous : openAuditLog(server, audit, log);
}

export interface LayerDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly watch: UpstreamWatch;
  readonly activity: Activity;
  /** Counts across configurations, so it is made once. */
  readonly limitInFlight: Layer;
}

/** Everything that a call passes on its way to `handler`, outermost first. */
export function layersFor(
  config: RunConfig,
  prepared: Prepared,
  { log, metrics, watch, activity, limitInFlight }: LayerDependencies,
): (handler: Handler) => Handler {
  const layers: Layer[] = [
    answerErrors(log), // The only place where an error becomes an answer: keep it outermost.
    traceCalls({ exporter: prepared.exporter, ratio: config.telemetry?.samplingRatio ?? 1 }),
    recordCalls(metrics, log),
    auditCalls(prepared.audit, config.audit?.includeArguments ?? false), // Above authentication: refused calls count.
    authenticate(config, prepared),
    ...prepared.plugins.flatMap((plugin) => plugin.authenticate ?? []),
    limitRate(config.rateLimits), // Below authentication: principals have limits of their own.
    checkModern, // Above all that reads parameters: header and body agree from here on.
    authorize(prepared.policies), // Above the tool filter: policies speak of tools as clients see them.
    servePlugins(prepared.plugins),
    limitInFlight, // Below authorization: a refused call must not take a slot.
    // Below the limit: calls that wait for the server are in flight.
    requireUpstream({ watch, activity, holdMs: holdMsOf(config), maximumHeld: limitsOf(config).inFlight }),
    filterTools(config.tools),
  ];
  return (handler) => compose(layers, handler);
}
