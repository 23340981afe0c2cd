import { fileURLToPath } from "node:url";
import { createLog } from "../observability/log.ts";
import { ProxyServer } from "../proxy-server.ts";
import type { RunConfig } from "../run-config/schema.ts";
import type { FixtureEra } from "./fixture-server/fixture-server.ts";

const fixture = fileURLToPath(new URL("fixture-server/main.ts", import.meta.url));

/** The command of the fixture server, for `upstream.command`. */
export function fixtureCommand(era: FixtureEra = "dual"): string[] {
  return [process.execPath, fixture, era];
}

/** A configuration that serves the fixture over stdio on free ports. */
export function fixtureConfig(overrides: Partial<RunConfig> = {}, era: FixtureEra = "legacy"): RunConfig {
  return {
    name: "test/fixture",
    listen: { port: 0 },
    probes: { port: 0 },
    upstream: { transport: "stdio", command: fixtureCommand(era) },
    ...overrides,
  };
}

export interface RunningProxy {
  readonly server: ProxyServer;
  readonly url: string;
  readonly probes: string;
}

/** A proxy that listens; it need not have reached its server. */
export async function startProxy(config: RunConfig): Promise<RunningProxy> {
  const server = await ProxyServer.create(config, { environment: {}, log: createLog(config.name, "silent") });
  await server.start();
  return {
    server,
    url: `http://127.0.0.1:${server.port}/mcp`,
    probes: `http://127.0.0.1:${server.probePort}`,
  };
}

/** As `startProxy`, once the server has answered its handshake. */
export async function startReadyProxy(config: RunConfig): Promise<RunningProxy> {
  const proxy = await startProxy(config);
  await until(() => proxy.server.status.ready);
  return proxy;
}

/** Resolves once `condition` holds; looks every few milliseconds and gives up after 15 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited 15 s in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
