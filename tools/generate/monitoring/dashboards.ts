type Unit = "short" | "reqps" | "s" | "bytes" | "percentunit";

interface Panel {
  readonly title: string;
  readonly unit: Unit;
  /** PromQL by the legend of its series. */
  readonly queries: Readonly<Record<string, string>>;
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  /** A series with the label `namespace` of everything that the dashboard shows. */
  readonly source: string;
  readonly panels: readonly Panel[];
}

const where = 'namespace=~"$namespace"';
const rate = (metric: string, by: string, more = "") =>
  `sum by (${by}) (rate(${metric}{${where}${more}}[$__rate_interval]))`;
const quantile = (q: number, metric: string, by: string) =>
  `histogram_quantile(${q}, ${rate(`${metric}_bucket`, `${by}, le`)})`;

/** Of the operator: what S3 calls reconciles and queues, and what they cost. */
export const operatorDashboard: Dashboard = {
  uid: "moorage-operator",
  title: "Moorage / Operator",
  source: "controller_runtime_max_concurrent_reconciles",
  panels: [
    {
      title: "MCPServers by phase",
      unit: "short",
      queries: { "{{api_group}} {{phase}}": `max by (api_group, phase) (mcpserver_phase{${where}})` },
    },
    {
      title: "Leader",
      unit: "short",
      queries: { "{{pod}}": `max by (pod) (leader_election_master_status{${where}})` },
    },
    {
      title: "Passes",
      unit: "reqps",
      queries: { "{{controller}} {{result}}": rate("reconcile_total", "controller, result") },
    },
    {
      title: "Failed passes",
      unit: "reqps",
      queries: { "{{controller}}": rate("reconcile_errors_total", "controller") },
    },
    {
      title: "Time of a pass, 99th percentile",
      unit: "s",
      queries: { "{{controller}}": quantile(0.99, "reconcile_duration_seconds", "controller") },
    },
    {
      title: "Objects that wait",
      unit: "short",
      queries: { "{{controller}}": `max by (controller) (workqueue_depth{${where}})` },
    },
    {
      title: "Time in the queue, 99th percentile",
      unit: "s",
      queries: { "{{controller}}": quantile(0.99, "workqueue_queue_duration_seconds", "controller") },
    },
    {
      title: "Requests to the API server",
      unit: "reqps",
      queries: { "{{method}} {{code}}": rate("rest_client_requests_total", "method, code") },
    },
    {
      title: "Time of an API request, 99th percentile",
      unit: "s",
      queries: { "{{verb}}": quantile(0.99, "rest_client_request_duration_seconds", "verb") },
    },
    {
      title: "Objects in the cache",
      unit: "short",
      queries: { "{{resource}}": `max by (resource) (informer_objects{${where}})` },
    },
    {
      title: "CPU",
      unit: "percentunit",
      queries: { "{{pod}}": rate("process_cpu_seconds_total", "pod", ',job="moorage-operator"') },
    },
    {
      title: "Memory",
      unit: "bytes",
      queries: { "{{pod}}": `process_resident_memory_bytes{${where},job="moorage-operator"}` },
    },
  ],
};

/** Of the servers, by what their proxies see. */
export const serversDashboard: Dashboard = {
  uid: "moorage-mcp-servers",
  title: "Moorage / MCP servers",
  source: "mcp_proxy_accepting",
  panels: [
    {
      title: "Takes calls",
      unit: "short",
      queries: { "{{server}}": `max by (server) (mcp_proxy_accepting{${where}})` },
    },
    {
      title: "Server is up",
      unit: "short",
      queries: { "{{server}}": `max by (server) (mcp_upstream_ready{${where}})` },
    },
    {
      title: "Calls",
      unit: "reqps",
      queries: { "{{server}}": rate("mcp_requests_total", "server") },
    },
    {
      title: "Calls that are not answered well",
      unit: "reqps",
      queries: { "{{server}} {{outcome}}": rate("mcp_requests_total", "server, outcome", ',outcome!="ok"') },
    },
    {
      title: "Tools that are called most",
      unit: "reqps",
      queries: {
        "{{server}} {{tool}}": `topk(10, ${rate("mcp_requests_total", "server, tool", ',method="tools/call"')})`,
      },
    },
    {
      title: "Time of a call",
      unit: "s",
      queries: {
        "{{server}} median": quantile(0.5, "mcp_request_duration_seconds", "server"),
        "{{server}} 99th percentile": quantile(0.99, "mcp_request_duration_seconds", "server"),
      },
    },
    {
      title: "Sessions",
      unit: "short",
      queries: { "{{server}}": `sum by (server) (mcp_sessions{${where}})` },
    },
    {
      title: "Server processes and upstream sessions",
      unit: "short",
      queries: { "{{server}}": `sum by (server) (mcp_upstream_connections{${where}})` },
    },
    {
      title: "Ends of servers",
      unit: "reqps",
      queries: { "{{server}} {{reason}}": rate("mcp_upstream_losses_total", "server, reason") },
    },
    {
      title: "Calls that wait for a server",
      unit: "short",
      queries: { "{{server}}": `sum by (server) (mcp_requests_held{${where}})` },
    },
    {
      title: "Configuration",
      unit: "short",
      queries: {
        "{{server}} {{result}}": `sum by (server, result) (mcp_proxy_config_reloads_total{${where}})`,
        "{{server}} is refused": `max by (server) (mcp_proxy_config_refused{${where}})`,
      },
    },
    {
      title: "Memory",
      unit: "bytes",
      queries: { "{{pod}}": `process_resident_memory_bytes{${where},job="moorage-mcp-servers"}` },
    },
  ],
};

const datasource = { type: "prometheus", uid: "$datasource" };
const [perRow, panelHeight, gridWidth] = [2, 8, 24];

function panelOf({ title, unit, queries }: Panel, index: number) {
  const w = gridWidth / perRow;
  return {
    id: index + 1,
    type: "timeseries",
    title,
    datasource,
    gridPos: { h: panelHeight, w, x: (index % perRow) * w, y: Math.floor(index / perRow) * panelHeight },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
    targets: Object.entries(queries).map(([legendFormat, expr], at) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + at),
      datasource,
      expr,
      legendFormat,
    })),
  };
}

/** A dashboard as Grafana imports it. Source: the JSON model of Grafana's documentation. */
export function grafanaDashboard({ uid, title, source, panels }: Dashboard) {
  const namespace = `label_values(${source}, namespace)`;
  return {
    uid,
    title,
    tags: ["moorage"],
    schemaVersion: 39,
    editable: true,
    time: { from: "now-6h", to: "now" },
    refresh: "30s",
    templating: {
      list: [
        { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
        {
          name: "namespace",
          label: "Namespace",
          type: "query",
          datasource,
          query: { query: namespace, refId: "namespace" },
          definition: namespace,
          refresh: 2,
          sort: 1,
          multi: true,
          includeAll: true,
          allValue: ".*",
          current: { text: "All", value: "$__all" },
        },
      ],
    },
    panels: panels.map(panelOf),
  };
}
