import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { isRecord } from "@moorage/mcp-messages";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DevUnderTest } from "../dev-cluster.ts";
import { eventually } from "../eventually.ts";
import { echo, openSession } from "../mcp-session.ts";
import { Prometheus } from "./monitoring/prometheus.ts";
import { binary, hasBinaries, run, type Server, servers } from "./servers.ts";

const folder = join(import.meta.dirname, "../../deploy/monitoring");
const isPossible = hasBinaries(["prometheus", "promtool", "amtool"], "deploy/monitoring");

describe.skipIf(!isPossible)("deploy/monitoring", () => {
  const rules = join(import.meta.dirname, "monitoring/alerts.test.yaml");
  const alertmanager = join(folder, "alertmanager.yaml");

  it.each([
    ["a configuration that Prometheus takes", "promtool", ["check", "config", join(folder, "prometheus.yaml")]],
    ["alerts that fire when they should", "promtool", ["test", "rules", rules]],
    ["a configuration that Alertmanager takes", "amtool", ["check-config", alertmanager]],
  ])("has %s", async (_what, program, args) => {
    const { code, text } = await run(binary(program), args);
    expect(code, text).toBe(0);
  });

  it.each([
    ["critical", "on-call"],
    ["warning", "channel"],
  ])("routes alerts of severity %s to receiver %s", async (severity, receiver) => {
    const args = ["config", "routes", "test", `--config.file=${alertmanager}`, `severity=${severity}`];
    expect((await run(binary("amtool"), args)).text.trim()).toBe(receiver);
  });
});

const operatorManifest = join(folder, "prometheus-operator.yaml");
const operatorKinds = "prometheus-operator-crds.yaml";

it("deploy/monitoring has the same rules for the Prometheus Operator as those that are tried with promtool", async () => {
  const documents = (await readFile(operatorManifest, "utf8")).split("\n---\n").map((text) => parse(text));
  const rule = documents.find(({ kind }) => kind === "PrometheusRule");
  expect(rule.spec).toEqual(parse(await readFile(join(folder, "alerts.yaml"), "utf8")));
});

for (const { name, needs, start } of servers) {
  const isPossible = hasBinaries([...needs, "kubectl", operatorKinds], `prometheus-operator.yaml on ${name}`);
  describe.skipIf(!isPossible)(`deploy/monitoring for the Prometheus Operator on ${name}`, () => tellOperator(start));
}

function tellOperator(start: () => Promise<Server>): void {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  }, 120_000);
  afterAll(() => server?.stop(), 60_000);
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, text } = await run(binary("kubectl"), ["--kubeconfig", server.kubeconfig, ...args]);
    expect(code, text).toBe(0);
    return text;
  };

  it("has nothing that the kinds do not know, and applies twice as once", { timeout: 120_000 }, async () => {
    await kubectl("apply", "--server-side", "-f", binary(operatorKinds));
    const definitions = ["podmonitors", "prometheusrules"].map((kind) => `crd/${kind}.monitoring.coreos.com`);
    await kubectl("wait", "--for=condition=Established", ...definitions);
    // Unknown fields are errors of kubectl's default validation.
    const applied = await kubectl("apply", "-f", operatorManifest);
    expect(applied.match(/ created$/gm)).toHaveLength(3);
    expect((await kubectl("apply", "-f", operatorManifest)).match(/ unchanged$/gm)).toHaveLength(3);
  });
}

describe.skipIf(!isPossible)("a Prometheus with deploy/monitoring", () => {
  let dev: DevUnderTest;
  let prometheus: Prometheus;
  beforeAll(async () => {
    dev = await DevUnderTest.start();
    await lead(dev);
    prometheus = await Prometheus.start(join(folder, "prometheus.yaml"), dev);
    await dev.apply("works", { image: "npx://@modelcontextprotocol/server-everything@2026.8.31", transport: "stdio" });
    await dev.apply("broken", {
      image: "npx://@modelcontextprotocol/server-everything@0.0.0-none",
      transport: "stdio",
    });
    const session = await openSession(await dev.ready("works"));
    await echo(session, "hello");
    await session.close();
  }, 180_000);
  afterAll(async () => {
    await prometheus?.stop();
    await dev?.stop();
  }, 60_000);

  it("finds the operator and the proxies, and can scrape them", { timeout: 60_000 }, async () => {
    const found = await eventually("three targets are up", 50_000, async () => {
      const targets = itemsOf(await prometheus.get("targets", { state: "active" }), "activeTargets");
      const up = targets.filter(({ health }) => health === "up").map(({ labels }) => jobOf(labels));
      return up.length === 3 ? up : Promise.reject(new Error(JSON.stringify(targets)));
    });
    expect(found.toSorted()).toEqual(["moorage-mcp-servers", "moorage-mcp-servers", "moorage-operator"]);
  });

  it("knows every metric that alerts and dashboards ask for", { timeout: 60_000 }, async () => {
    const queries = [...(await alertQueries()), ...(await dashboardQueries())];
    const asked = await Promise.all(
      queries.map(async (query) => metricsIn(await prometheus.get("parse_query", { query }))),
    );
    const names = [...new Set(asked.flat())];
    expect(names.length).toBeGreaterThan(20);
    await eventually("all of them are known", 50_000, async () => {
      const known = new Set(Object.keys(Object(await prometheus.get("metadata"))));
      const missing = names.filter((name) => !known.has(name) && !known.has(name.replace(/_bucket$/, "")));
      expect(missing).toEqual([]);
      return true;
    });
  });

  it("evaluates every rule, and reports the server that is down", { timeout: 90_000 }, async () => {
    // The other one is down, too, until Prometheus has asked it again after its start.
    await eventually("MCPServerDown is pending for the one server", 80_000, async () => {
      const alerts = itemsOf(await prometheus.get("alerts"), "alerts").map(({ labels }) => Object(labels));
      const down = alerts.filter(({ alertname }) => alertname === "MCPServerDown");
      expect(down).toMatchObject([{ namespace: "default", server: "default/broken", severity: "critical" }]);
      return true;
    });
    const groups = itemsOf(await prometheus.get("rules"), "groups");
    const health = groups.flatMap((group) => itemsOf(group, "rules").map(({ name, health }) => `${name}: ${health}`));
    expect(health.filter((text) => !text.endsWith(": ok"))).toEqual([]);
  });
});

/** The one replica of a dev cluster needs no election; here it takes part in one, as on any other cluster. */
async function lead({ client }: DevUnderTest): Promise<void> {
  const key = { namespace: "moorage-system", name: "moorage-operator" };
  const change = [{ op: "add", path: "/spec/template/spec/containers/0/args/-", value: "--leader-elect" }];
  await client.patch(Deployment, key, change, { patchType: "json" });
}

async function alertQueries(): Promise<string[]> {
  const { groups } = parse(await readFile(join(folder, "alerts.yaml"), "utf8"));
  return groups.flatMap((group: unknown) => itemsOf(group, "rules").map(({ expr }) => String(expr)));
}

/** With what Grafana would put in place of its variables. */
async function dashboardQueries(): Promise<string[]> {
  const dashboards = join(folder, "dashboards");
  const files = await readdir(dashboards);
  const texts = await Promise.all(files.map((file) => readFile(join(dashboards, file), "utf8")));
  const panels = texts.flatMap((text) => itemsOf(JSON.parse(text), "panels"));
  const queries = panels.flatMap((panel) => itemsOf(panel, "targets").map(({ expr }) => String(expr)));
  return queries.map((query) => query.replaceAll("$__rate_interval", "5m").replaceAll("$namespace", ".*"));
}

/** The names of the metrics in a parsed query. */
function metricsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(metricsIn);
  if (!isRecord(node)) return [];
  const own = /^(vector|matrix)Selector$/.test(String(node["type"])) ? [String(node["name"])] : [];
  return [...own, ...Object.values(node).flatMap(metricsIn)];
}

function itemsOf(value: unknown, name: string): Record<string, unknown>[] {
  const items = isRecord(value) ? value[name] : undefined;
  if (!Array.isArray(items)) throw new Error(`There is no list "${name}" in ${JSON.stringify(value)}`);
  return items.filter(isRecord);
}

function jobOf(labels: unknown): string {
  return isRecord(labels) ? String(labels["job"]) : "";
}
