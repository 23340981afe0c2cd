import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigMap, Pod, Secret } from "@moorage/kube-types/core-v1";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CoreEvent } from "../../controllers/runtime/core-event.ts";
import { startTestNode, stayAlive, type TestNode } from "../testing/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode();
});
afterEach(async () => {
  for (const { metadata } of node.api.list(Pod))
    node.api.delete(Pod, { namespace: "default", name: metadata.name }, { gracePeriodSeconds: 1 });
  await node.until(() => node.api.list(Pod).length === 0);
  expect(node.errors).toEqual([]);
});
afterAll(() => node.end());

const events = (name: string) => node.api.list(CoreEvent).filter(({ involvedObject }) => involvedObject.name === name);
const data = (name: string, values: Record<string, string>): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: values,
});
const condition = (name: string, type: string) =>
  node.pod(name)?.status?.conditions?.find((one) => one.type === type)?.status;
const pidOf = (name: string) => Number(node.container(name)?.containerID?.replace("process://", ""));
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

describe("a pod on the node", () => {
  it("runs, has an address, and is ready", async () => {
    node.run("plain", stayAlive);
    await node.until(() => condition("plain", "Ready") === "True");
    const { status } = node.pod("plain") ?? {};
    expect(status).toMatchObject({
      phase: "Running",
      hostIP: "127.0.0.1",
      qosClass: "BestEffort",
    });
    expect(status?.observedGeneration).toBe(node.pod("plain")?.metadata.generation);
    expect(status?.podIP).toMatch(/^127\.\d+\.0\.\d+$/);
    expect(status?.conditions?.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]),
    );
    expect(node.container("plain")).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: {} },
    });
  });

  it("gets the variables it declares and nothing of the developer's", async () => {
    node.api.create(ConfigMap, data("env-map", { KEY: "from-map", OTHER: "x" }));
    node.api.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "env-secret", namespace: "default" },
      data: { token: "czNjcmV0" },
    });
    node.run("env", "console.log(JSON.stringify(process.env));", {
      container: {
        resources: { limits: { memory: "64Mi" } },
        envFrom: [{ configMapRef: { name: "env-map" }, prefix: "MAP_" }],
        env: [
          { name: "PLAIN", value: "a" },
          { name: "EXPANDED", value: "$(PLAIN)-b-$$(PLAIN)-$(NONE)" },
          { name: "FROM_MAP", valueFrom: { configMapKeyRef: { name: "env-map", key: "KEY" } } },
          { name: "FROM_SECRET", valueFrom: { secretKeyRef: { name: "env-secret", key: "token" } } },
          { name: "OPTIONAL", valueFrom: { secretKeyRef: { name: "none", key: "x", optional: true } } },
          { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          { name: "LABEL", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
          { name: "MEMORY", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
        ],
      },
      spec: { restartPolicy: "Never" },
    });
    await node.until(() => node.pod("env")?.status?.phase === "Succeeded");
    const env = JSON.parse(await node.logs("env"));
    expect(env).toMatchObject({
      PLAIN: "a",
      EXPANDED: "a-b-$(PLAIN)-$(NONE)",
      FROM_MAP: "from-map",
      FROM_SECRET: "s3cret",
      MAP_OTHER: "x",
      POD: "env",
      IP: node.pod("env")?.status?.podIP,
      LABEL: "env",
      MEMORY: "64",
      HOSTNAME: "env",
    });
    expect(env).not.toHaveProperty("OPTIONAL");
    expect(env).not.toHaveProperty("USER");
    expect(env.HOME).toContain(node.dir);
    expect(env.KUBECONFIG).toContain(node.dir);
    expect(env.KUBERNETES_SERVICE_PORT).toBe("6443");
  });

  it("waits for a ConfigMap that is missing, in kubelet's words, and goes on when it appears", async () => {
    const env = [{ name: "A", valueFrom: { configMapKeyRef: { name: "late", key: "a" } } }];
    node.run("waits", stayAlive, { container: { env } });
    await node.until(() => node.container("waits")?.state?.waiting?.reason === "CreateContainerConfigError");
    expect(node.container("waits")?.state?.waiting?.message).toBe('configmap "late" not found');
    node.api.create(ConfigMap, data("late", { b: "1" }));
    await node.until(
      () => node.container("waits")?.state?.waiting?.message === "couldn't find key a in ConfigMap default/late",
    );
    const late = node.api.get(ConfigMap, { namespace: "default", name: "late" });
    if (late) node.api.update(ConfigMap, { ...late, data: { a: "1" } });
    await node.until(() => condition("waits", "Ready") === "True");
  });

  it("finds its volumes where it looks for them, and sees changes at once", async () => {
    node.api.create(ConfigMap, data("files", { "a.txt": "one", "b.txt": "two" }));
    const code = `const fs = require("node:fs"); console.log(process.argv[1]);
      setInterval(() => console.log(fs.readFileSync(process.env.FILE, "utf8")), 20);`;
    node.run("files", code, {
      container: {
        args: ["--", "--config=/etc/app/a.txt"],
        env: [{ name: "FILE", value: "/etc/app/a.txt" }],
        volumeMounts: [{ name: "v", mountPath: "/etc/app" }],
      },
      spec: { volumes: [{ name: "v", configMap: { name: "files" } }] },
    });
    await node.until(() => condition("files", "Ready") === "True");
    const files = node.api.get(ConfigMap, { namespace: "default", name: "files" });
    if (files) node.api.update(ConfigMap, { ...files, data: { "a.txt": "changed" } });
    await expect.poll(() => node.logs("files"), { timeout: 5000 }).toContain("changed");
    const [argument] = (await node.logs("files")).split("\n");
    expect(argument).toMatch(new RegExp(`^--config=${node.dir}.*/volumes/v/a.txt$`));
  });

  it("says which volume it waits for", async () => {
    node.run("no-volume", stayAlive, { spec: { volumes: [{ name: "v", secret: { secretName: "absent" } }] } });
    await node.until(() => events("no-volume").some(({ reason }) => reason === "FailedMount"));
    const [event] = events("no-volume").filter(({ reason }) => reason === "FailedMount");
    expect(event?.message).toBe('MountVolume.SetUp failed for volume "v" : secret "absent" not found');
    await node.until(() => node.container("no-volume")?.state?.waiting?.reason === "ContainerCreating");
  });

  it("runs init containers in order before its containers", async () => {
    const init = (name: string) => ({
      name,
      image: "test/runner:1",
      command: ["/bin/sh", "-c", `echo ${name} >> /shared/order`],
      volumeMounts: [{ name: "shared", mountPath: "/shared" }],
    });
    node.run("inits", "", {
      container: { command: ["/bin/cat", "/shared/order"], volumeMounts: [{ name: "shared", mountPath: "/shared" }] },
      spec: {
        restartPolicy: "Never",
        initContainers: [init("first"), init("second")],
        volumes: [{ name: "shared", emptyDir: {} }],
      },
    });
    await node.until(() => node.pod("inits")?.status?.phase === "Succeeded");
    expect(await node.logs("inits")).toBe("first\nsecond\n");
    expect(condition("inits", "Initialized")).toBe("True");
  });

  it("starts a container that crashes again at once, then with back-off, and keeps the log of the run before", async () => {
    node.run("crash", "console.log('run ' + process.pid); process.exit(3);");
    await node.until(() => node.container("crash")?.state?.waiting?.reason === "CrashLoopBackOff");
    expect(node.container("crash")).toMatchObject({
      restartCount: 1,
      ready: false,
      lastState: { terminated: { exitCode: 3, reason: "Error" } },
    });
    expect(node.container("crash")?.state?.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=main pod=crash_default\(/,
    );
    expect(node.pod("crash")?.status?.phase).toBe("Running");
    expect(await node.logs("crash")).toMatch(/^run \d+\n$/);
    expect(await node.logs("crash", { previous: true })).not.toBe(await node.logs("crash"));
    expect(events("crash").map(({ reason }) => reason)).toEqual(expect.arrayContaining(["Started", "BackOff"]));
  });

  it.each([
    ["Never", "process.exit(1)", "Failed"],
    ["Never", "process.exit(0)", "Succeeded"],
    ["OnFailure", "process.exit(0)", "Succeeded"],
  ])("ends with restartPolicy %s after %s as %s", async (restartPolicy, code, phase) => {
    node.run("ends", code, { spec: { restartPolicy } });
    await node.until(() => node.pod("ends")?.status?.phase === phase);
    expect(condition("ends", "Ready")).toBe("False");
  });

  it("says that its program does not exist", async () => {
    node.run("missing", "", { container: { command: ["/no/such/program"] }, spec: { restartPolicy: "Never" } });
    await node.until(() => node.pod("missing")?.status?.phase === "Failed");
    expect(node.container("missing")?.state?.terminated).toMatchObject({ exitCode: 128, reason: "StartError" });
    expect(node.container("missing")?.state?.terminated?.message).toContain('Cannot start "/no/such/program"');
  });

  it("says why an image cannot be run, and does not spin", async () => {
    const { image } = { image: "ghcr.io/example/weather:latest" };
    node.run("pull", "", { container: { image } });
    await node.until(() => node.container("pull")?.state?.waiting?.reason === "ImagePullBackOff");
    const { message } = node.container("pull")?.state?.waiting ?? {};
    expect(message).toContain(
      `Back-off pulling image "${image}": ErrImagePull: Cannot run image "${image}": this node runs processes`,
    );
    expect(message).toContain("use an image of the form npx://PACKAGE@VERSION or uvx://PACKAGE@VERSION");
    const before = node.pod("pull")?.metadata.resourceVersion;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(node.pod("pull")?.metadata.resourceVersion).toBe(before);
  });

  it("speaks of the image before the Secret when both are missing, as kubelet does", async () => {
    const env = [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: "absent", key: "token" } } }];
    node.run("both", "", { container: { image: "npx://http server@1", env } });
    await node.until(() => node.container("both")?.state?.waiting !== undefined);
    await node.until(() => node.container("both")?.state?.waiting?.reason !== "ContainerCreating");
    expect(node.container("both")?.state?.waiting?.reason).toBe("InvalidImageName");
    const runnable = { env, command: [process.execPath, "-e", stayAlive, "$(TOKEN)"] };
    node.run("secret", "", { container: runnable });
    await node.until(() => node.container("secret")?.state?.waiting?.message === 'secret "absent" not found');
  });

  it("becomes ready by its readiness probe, and unready again", async () => {
    const code = `let ok = false; const http = require("node:http");
      http.createServer((q, s) => { if (q.url === "/flip") ok = !ok; s.statusCode = ok ? 200 : 503; s.end(); }).listen(8080);`;
    const readinessProbe = { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
    node.run("probed", code, { container: { readinessProbe } });
    await node.until(() => node.container("probed")?.started === true);
    expect(node.container("probed")?.ready).toBe(false);
    const flip = () => fetch(`http://${node.pod("probed")?.status?.podIP}:8080/flip`);
    await expect
      .poll(() =>
        flip().then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
    await node.until(() => condition("probed", "Ready") === "True");
    await flip();
    await node.until(() => condition("probed", "Ready") === "False");
    expect(
      events("probed").some(({ reason, message }) => reason === "Unhealthy" && message.includes("statuscode: 503")),
    ).toBe(true);
  });

  it("is restarted when its liveness probe fails", async () => {
    const livenessProbe = { exec: { command: ["/bin/false"] }, periodSeconds: 1, failureThreshold: 1 };
    node.run("sick", stayAlive, { container: { livenessProbe } });
    await node.until(() => (node.container("sick")?.restartCount ?? 0) >= 1);
    expect(events("sick").map(({ reason }) => reason)).toEqual(expect.arrayContaining(["Unhealthy", "Killing"]));
  });

  it("asks its process to end, and kills it after the grace", async () => {
    node.run("polite", `process.on("SIGTERM", () => { console.log("bye"); process.exit(0); }); ${stayAlive}`);
    node.run("stubborn", `process.on("SIGTERM", () => {}); console.log("up"); ${stayAlive}`);
    await node.until(() => condition("polite", "Ready") === "True" && condition("stubborn", "Ready") === "True");
    await expect.poll(() => node.logs("stubborn")).toContain("up");
    const [polite, stubborn] = [pidOf("polite"), pidOf("stubborn")];
    node.api.delete(Pod, { namespace: "default", name: "polite" });
    await node.until(() => node.pod("polite") === undefined);
    expect(isAlive(polite)).toBe(false);
    node.api.delete(Pod, { namespace: "default", name: "stubborn" }, { gracePeriodSeconds: 1 });
    expect(isAlive(stubborn)).toBe(true);
    await node.until(() => node.pod("stubborn") === undefined);
    expect(isAlive(stubborn)).toBe(false);
  });

  it("takes its descendants along, also those that left its group", async () => {
    const code = `const child = require("node:child_process").spawn("/bin/sleep", ["300"], { detached: true, stdio: "ignore" });
      console.log("child " + child.pid); ${stayAlive}`;
    node.run("parent", code);
    await expect
      .poll(async () => (condition("parent", "Ready") === "True" ? node.logs("parent") : ""), { timeout: 5000 })
      .toContain("child");
    const child = Number((await node.logs("parent")).replace("child ", ""));
    process.kill(pidOf("parent"), "SIGKILL");
    await node.until(() => !isAlive(child));
    await node.until(() => node.container("parent")?.restartCount === 1);
    expect(node.container("parent")?.lastState?.terminated).toMatchObject({ exitCode: 137, signal: 9 });
    // The run that followed must outlive the search for what the first one left.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(node.container("parent")).toMatchObject({ restartCount: 1, state: { running: {} } });
  });

  it("leaves nothing on the disk when it is gone", async () => {
    const { metadata } = node.run("traces", stayAlive);
    await node.until(() => condition("traces", "Ready") === "True");
    const folder = join(node.dir, "state", "pods", metadata.uid ?? "");
    expect(existsSync(folder)).toBe(true);
    node.api.delete(Pod, { namespace: "default", name: "traces" });
    await node.until(() => !existsSync(folder));
  });
});
