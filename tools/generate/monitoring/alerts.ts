/** Whether someone has to be woken. */
type Severity = "critical" | "warning";

interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: Severity;
  readonly summary: string;
  /** What it means and what to look at. */
  readonly description: string;
}

/** Outcomes of calls that are the fault of the server or the proxy, not of the client. */
const failures = "Unavailable|ServerLost|ServerTimeout|AnswerTooLarge|Overloaded|Internal";

const ofOperator: readonly Alert[] = [
  {
    name: "MoorageOperatorAbsent",
    expr: "absent(controller_runtime_max_concurrent_reconciles)",
    for: "5m",
    severity: "critical",
    summary: "No Moorage operator is scraped",
    description: "Nothing reconciles. Running servers serve on. Look at the operator's Deployment and its events.",
  },
  {
    name: "MoorageOperatorWithoutLeader",
    expr: "max by (namespace, name) (leader_election_master_status) == 0",
    for: "2m",
    severity: "critical",
    summary: "No replica of the operator in {{ $labels.namespace }} leads",
    description: "Nothing reconciles. Look at Lease {{ $labels.name }} and at the logs of the replicas.",
  },
  {
    name: "MoorageReconcileErrors",
    expr: `sum by (namespace, controller) (rate(reconcile_errors_total[10m]))
  / sum by (namespace, controller) (rate(reconcile_total[10m])) > 0.1`,
    for: "15m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the passes of controller {{ $labels.controller }} fail",
    description: "The objects' conditions and events say why; so does the operator's log, by controller and object.",
  },
  {
    name: "MoorageReconcileStuck",
    expr: "max by (namespace, controller) (workqueue_longest_running_processor_seconds) > 120",
    for: "5m",
    severity: "warning",
    summary: "A pass of controller {{ $labels.controller }} does not end",
    description: "It has run for {{ $value | humanizeDuration }}. Look at the latency of the API server first.",
  },
  {
    name: "MoorageQueueNotDrained",
    expr: "max by (namespace, controller) (workqueue_depth) > 100",
    for: "20m",
    severity: "warning",
    summary: "The queue of controller {{ $labels.controller }} does not get short",
    description:
      "{{ $value }} objects wait, and for 20 minutes it was never below 100. More workers or a faster API server would help.",
  },
  {
    name: "MoorageAPIServerErrors",
    expr: `sum by (namespace) (rate(rest_client_requests_total{code=~"5..|429|<error>"}[5m]))
  / sum by (namespace) (rate(rest_client_requests_total[5m])) > 0.05`,
    for: "10m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the operator's requests to the API server fail",
    description: "The operator tries again with back-off; changes take longer meanwhile.",
  },
  {
    name: "MCPServersFailed",
    expr: 'max by (namespace, api_group) (mcpserver_phase{phase="Failed"}) > 0',
    for: "15m",
    severity: "warning",
    summary: "{{ $value }} MCPServers of {{ $labels.api_group }} have failed",
    description: "`kubectl get mcpservers.{{ $labels.api_group }} -A` lists them; `kubectl describe` says why.",
  },
];

/** Label `server` is the namespace and the name. */
const ofServers: readonly Alert[] = [
  {
    name: "MCPServerDown",
    expr: "max by (namespace, server) (mcp_proxy_accepting) == 0",
    for: "5m",
    severity: "critical",
    summary: "MCP server {{ $labels.server }} takes no calls",
    description: "`kubectl describe mcpservers -n {{ $labels.namespace }}` says why.",
  },
  {
    name: "MCPServerCallsFail",
    expr: `sum by (namespace, server) (rate(mcp_requests_total{outcome=~"${failures}"}[5m]))
  / sum by (namespace, server) (rate(mcp_requests_total[5m])) > 0.05`,
    for: "10m",
    severity: "critical",
    summary: "{{ $value | humanizePercentage }} of the calls to {{ $labels.server }} fail",
    description: "Refusals of clients do not count. Label `outcome` of `mcp_requests_total` says how they fail.",
  },
  {
    name: "MCPServerSlow",
    expr: `histogram_quantile(0.95, sum by (namespace, server, le) (
  rate(mcp_request_duration_seconds_bucket{method="tools/call"}[10m]))) > 10`,
    for: "15m",
    severity: "warning",
    summary: "One of twenty tool calls to {{ $labels.server }} takes over 10 seconds",
    description: "The 95th percentile is {{ $value | humanizeDuration }}. The dashboard shows which tool it is.",
  },
  {
    name: "MCPServerKeepsEnding",
    expr: "sum by (namespace, server) (increase(mcp_upstream_losses_total[15m])) > 5",
    for: "5m",
    severity: "warning",
    summary: "MCP server {{ $labels.server }} ends again and again",
    description: "{{ $value | humanize }} times in 15 minutes. Its pod's log and last state say why.",
  },
  {
    name: "MCPServerRequestsHeld",
    expr: "sum by (namespace, server) (mcp_requests_held) > 0",
    for: "5m",
    severity: "warning",
    summary: "Calls wait for MCP server {{ $labels.server }} to start",
    description: "It was scaled to zero and does not come up. Its events say why.",
  },
  {
    name: "MCPProxyConfigRefused",
    expr: "max by (namespace, server) (mcp_proxy_config_refused) == 1",
    for: "5m",
    severity: "warning",
    summary: "The proxy of {{ $labels.server }} refuses its newest configuration",
    description: "The one before is in use. The MCPServer's conditions and the proxy's log name the field.",
  },
];

function ruleOf({ name, expr, for: duration, severity, summary, description }: Alert) {
  return { alert: name, expr, for: duration, labels: { severity }, annotations: { summary, description } };
}

/** Rules for Prometheus: `groups` of a rule file. */
export const alertGroups = [
  { name: "moorage-operator", rules: ofOperator.map(ruleOf) },
  { name: "moorage-mcp-servers", rules: ofServers.map(ruleOf) },
];

/** The same for the Prometheus Operator. */
export const prometheusRule = {
  apiVersion: "monitoring.coreos.com/v1",
  kind: "PrometheusRule",
  metadata: { name: "moorage" },
  spec: { groups: alertGroups },
};

/** An Alertmanager's configuration: what is critical wakes someone by PagerDuty, the rest is written to a channel. */
export const alertmanagerConfiguration = {
  route: {
    receiver: "channel",
    group_by: ["alertname", "namespace", "server"],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: "4h",
    routes: [{ matchers: ['severity = "critical"'], receiver: "on-call" }],
  },
  // Who is told that a server is down need not be told what follows from it.
  inhibit_rules: [
    {
      source_matchers: ['alertname = "MCPServerDown"'],
      target_matchers: ['alertname =~ "MCPServer(CallsFail|Slow|KeepsEnding|RequestsHeld)"'],
      equal: ["namespace", "server"],
    },
  ],
  receivers: [
    { name: "on-call", pagerduty_configs: [{ routing_key_file: "/etc/alertmanager/secrets/pagerduty-routing-key" }] },
    {
      name: "channel",
      slack_configs: [
        { api_url_file: "/etc/alertmanager/secrets/slack-url", channel: "#moorage", send_resolved: true },
      ],
    },
  ],
};
