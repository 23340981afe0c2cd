import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { binary, hasBinaries, type Outcome, run, type Server, servers, startDev } from "./servers.ts";

const chart = join(import.meta.dirname, "chart");
/** Installed once into a cache of its own, as a user's would be. */
const cacheDir = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "moorage");
const node = { cacheDir, environment: process.env };

const [, real] = servers;
const cases = [
  { name: "the dev cluster, with --wait", needs: [], start: () => startDev({ node }), runsPods: true },
  // Nothing runs pods there: a hook Job would never end, and nothing would get ready.
  { name: "kube-apiserver", needs: real.needs, start: real.start, runsPods: false },
];

// Each case says for itself that it is not tested: a file that is left without any suite would fail instead.
for (const { name, needs, start, runsPods } of cases) {
  const isPossible = hasBinaries(["helm", "kubectl", ...needs], `helm on ${name}`);
  describe.skipIf(!isPossible)(`helm 4 on ${name}`, () => tellHelm({ start, runsPods }));
}

function tellHelm({ start, runsPods }: { start: () => Promise<Server>; runsPods: boolean }): void {
  let server: Server;
  let home: string;
  const install = runsPods ? ["--wait", "--timeout", "90s"] : ["--set", "hookImage="];
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "helm-"));
    server = await start();
  }, 90_000);
  afterAll(async () => {
    await server.stop();
    await rm(home, { recursive: true });
  });

  const helm = async (...args: string[]): Promise<Outcome> => {
    const outcome = await run(binary("helm"), ["--kubeconfig", server.kubeconfig, ...args], {
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
    });
    expect(outcome, outcome.text).toMatchObject({ code: 0 });
    return outcome;
  };
  const kubectl = async (...args: string[]): Promise<string> => {
    const { text } = await run(binary("kubectl"), ["--kubeconfig", server.kubeconfig, ...args]);
    return text;
  };
  const greeting = () => kubectl("get", "greeting", "web", "-o", "jsonpath={.spec.text}/{.spec.volume}");
  const readiness = () =>
    kubectl("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}/{.spec.replicas}");

  it("installs the definition first, then runs the hook, then waits for the rest", { timeout: 120_000 }, async () => {
    const { stdout } = await helm("install", "web", chart, ...install);
    expect(stdout).toContain("STATUS: deployed");
    expect(await greeting()).toBe("hello/11");
    if (!runsPods) return;
    expect(await readiness()).toBe("1/1");
    expect(await kubectl("get", "job", "web-hook", "-o", "jsonpath={.status.succeeded}")).toBe("1");
    expect(await kubectl("logs", "job/web-hook")).toContain("1.2.3");
  });

  it("upgrades", { timeout: 120_000 }, async () => {
    await helm("upgrade", "web", chart, "--set", "greeting=ahoy,replicas=2", ...install);
    expect(await greeting()).toBe("ahoy/11");
    if (runsPods) expect(await readiness()).toBe("2/2");
  });

  it("refuses what the definition refuses, and can go on from there", { timeout: 120_000 }, async () => {
    const outcome = await run(
      binary("helm"),
      ["--kubeconfig", server.kubeconfig, "upgrade", "web", chart, "--set", "greeting=", ...install],
      { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home },
    );
    expect(outcome.code).not.toBe(0);
    expect(outcome.text).toContain("spec.text in body should be at least 1 chars long");
    expect(await greeting()).toBe("ahoy/11");
  });

  it("rolls back", { timeout: 120_000 }, async () => {
    await helm("rollback", "web", "1", ...(runsPods ? install : []));
    expect(await greeting()).toBe("hello/11");
    expect(await kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}")).toBe("1");
    expect((await helm("history", "web")).stdout).toMatch(/Rollback to 1/);
  });

  it("lists, and uninstalls all but the definition", { timeout: 120_000 }, async () => {
    expect((await helm("list", "-q")).stdout.trim()).toBe("web");
    await helm("uninstall", "web", ...(runsPods ? install : []));
    await eventually("nothing of the release is left", 30_000, async () => {
      const left = await kubectl("get", "deploy,rs,svc,greeting,secret", "-o", "name");
      expect(left.trim()).toBe("service/kubernetes");
      return true;
    });
    expect(await kubectl("get", "crd", "greetings.e2e.moorage.dev", "-o", "name")).toContain("greetings");
  });
}
