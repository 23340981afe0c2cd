import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Values that a label may take before the rest is counted as "other": clients choose tool names. */
const maximumLabelValues = 200;
const knownMethods = new Set([
  "initialize",
  "ping",
  "server/discover",
  "subscriptions/listen",
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/read",
  "resources/templates/list",
  "resources/subscribe",
  "resources/unsubscribe",
  "completion/complete",
  "logging/setLevel",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/roots/list_changed",
  // Calls without a method: an answer to the server, and the GET and DELETE of streamable HTTP.
  "response",
  "listen",
  "end",
]);

export interface MetricSources {
  readonly sessions: () => number;
  readonly processes: () => number;
  readonly ready: () => boolean;
  /** Whether clients may be sent here: the server is up, or calls can wait for it. */
  readonly accepting: () => boolean;
  /** Whether a newer configuration file is refused. */
  readonly outdated: () => boolean;
  readonly held: () => number;
}

export interface Observation {
  readonly method: string;
  readonly tool: string | undefined;
  /** `ok`, `error` (the server's answer is one) or the code of our own refusal. */
  readonly outcome: string;
  readonly seconds: number;
}

/** The proxy's Prometheus metrics. Every label is bounded, whatever clients send. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #tools = new Set<string>();
  readonly #requests: Counter<"method" | "tool" | "outcome">;
  readonly #durations: Histogram<"method" | "tool">;
  readonly #reloads: Counter<"result">;
  readonly #losses: Counter<"reason">;

  constructor(server: string, sources: MetricSources) {
    this.#registry.setDefaultLabels({ server });
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: "mcp_requests_total",
      help: "Messages from clients by method, tool and outcome",
      labelNames: ["method", "tool", "outcome"],
      registers,
    });
    this.#durations = new Histogram({
      name: "mcp_request_duration_seconds",
      help: "Time from a request's arrival to its answer",
      labelNames: ["method", "tool"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    });
    this.#reloads = new Counter({
      name: "mcp_proxy_config_reloads_total",
      help: "Changes of the configuration file by result",
      labelNames: ["result"],
      registers,
    });
    this.#losses = new Counter({
      name: "mcp_upstream_losses_total",
      help: "Server processes or upstream sessions that ended against our will",
      labelNames: ["reason"],
      registers,
    });
    this.#addGauges(sources);
  }

  observe({ method, tool, outcome, seconds }: Observation): void {
    const labels = { method: knownMethods.has(method) ? method : "other", tool: this.#toolLabel(tool) };
    this.#requests.inc({ ...labels, outcome });
    this.#durations.observe(labels, seconds);
  }

  reloaded(result: "applied" | "refused"): void {
    this.#reloads.inc({ result });
  }

  lost(reason: string): void {
    this.#losses.inc({ reason });
  }

  /** The text that Prometheus scrapes. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #toolLabel(tool: string | undefined): string {
    if (tool === undefined) return "";
    if (this.#tools.has(tool)) return tool;
    if (this.#tools.size >= maximumLabelValues || tool.length > 128) return "other";
    this.#tools.add(tool);
    return tool;
  }

  #addGauges(sources: MetricSources): void {
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        collect() {
          this.set(read());
        },
      });
    gauge("mcp_sessions", "Sessions of legacy clients", sources.sessions);
    gauge("mcp_upstream_connections", "Server processes or upstream sessions that are open", sources.processes);
    gauge("mcp_upstream_ready", "1 while the last handshake with the server succeeded", () => Number(sources.ready()));
    gauge("mcp_proxy_accepting", "1 while the server is up or calls can wait for it, as /readyz says", () =>
      Number(sources.accepting()),
    );
    gauge("mcp_proxy_config_refused", "1 while a newer configuration file is refused", () =>
      Number(sources.outdated()),
    );
    gauge("mcp_requests_held", "Requests that wait for a server to be there", sources.held);
    gauge("process_resident_memory_bytes", "Resident memory of the proxy", () => process.memoryUsage.rss());
    // prom-client's own names for them.
    const memory = (read: (usage: NodeJS.MemoryUsage) => number) => () => read(process.memoryUsage());
    gauge(
      "nodejs_heap_size_total_bytes",
      "Size of the JavaScript heap",
      memory(({ heapTotal }) => heapTotal),
    );
    gauge(
      "nodejs_heap_size_used_bytes",
      "Use of the JavaScript heap",
      memory(({ heapUsed }) => heapUsed),
    );
    gauge(
      "nodejs_external_memory_bytes",
      "Memory of buffers and the like",
      memory(({ external }) => external),
    );
  }
}
