import { Client, type ClusterConfig } from "@moorage/kube-client";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Metrics } from "../metrics.ts";
import { type WebhookOptions, WebhookServer } from "./webhook-server.ts";

/** A webhook server with a client of its own and metrics under controller-runtime's names. */
export function observedWebhookServer(
  options: WebhookOptions,
  parts: { cluster: ClusterConfig; metrics: Metrics; log: Logger; clock: Clock },
): WebhookServer {
  const { cluster, metrics, log, clock } = parts;
  // Standbys answer too, and whoever renews first renews: that needs no leader, so not the manager's fenced client.
  const client = new Client({ cluster, userAgent: "moorage-webhooks" });
  const name = "controller_runtime_webhook";
  const latency = metrics.histogram(`${name}_latency_seconds`, "Time of an admission or a conversion", ["webhook"]);
  const requests = metrics.counter(`${name}_requests_total`, "Admissions and conversions", ["webhook", "code"]);
  const panics = metrics.counter(
    "controller_runtime_conversion_webhook_panics_total",
    "Converters that broke instead of refusing",
    [],
  );
  return new WebhookServer(options, {
    client,
    clock,
    log,
    onConversionPanic: () => panics.inc(),
    onAnswer(webhook, { code, durationMs }) {
      latency.observe({ webhook }, durationMs / 1000);
      requests.inc({ webhook, code: String(code) });
    },
  });
}
