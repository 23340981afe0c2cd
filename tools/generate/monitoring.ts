/**
 * Writes deploy/monitoring: how Prometheus scrapes the operator and the proxies, the alerts with their routing, and
 * Grafana's dashboards.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { alertGroups, alertmanagerConfiguration, prometheusRule } from "./monitoring/alerts.ts";
import { grafanaDashboard, operatorDashboard, serversDashboard } from "./monitoring/dashboards.ts";
import { podMonitors, prometheusConfiguration } from "./monitoring/scraping.ts";
import { writeYaml } from "./write-yaml.ts";

const folder = join(import.meta.dirname, "../../deploy/monitoring");

/** An expression of PromQL is easier to read on one line. */
const lineWidth = 0;

mkdirSync(join(folder, "dashboards"), { recursive: true });
writeYaml("monitoring/prometheus.yaml", [prometheusConfiguration], {
  comment: ["For a Prometheus in the cluster. Its ServiceAccount has to be allowed to get, list and watch pods."],
  lineWidth,
});
writeYaml("monitoring/alerts.yaml", [{ groups: alertGroups }], { comment: ["Rules for Prometheus."], lineWidth });
writeYaml("monitoring/prometheus-operator.yaml", [...podMonitors, prometheusRule], {
  comment: ["The same targets and rules for the Prometheus Operator: kubectl apply -n NAMESPACE -f FILE"],
  lineWidth,
});
writeYaml("monitoring/alertmanager.yaml", [alertmanagerConfiguration], {
  comment: ["For Alertmanager: mount the PagerDuty routing key and the URL of the Slack webhook from a Secret."],
  lineWidth,
});
for (const dashboard of [operatorDashboard, serversDashboard]) {
  const text = JSON.stringify(grafanaDashboard(dashboard), undefined, 2);
  writeFileSync(join(folder, "dashboards", `${dashboard.uid}.json`), `${text}\n`);
}
