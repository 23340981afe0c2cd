import { ConfigMap, Pod, Secret } from "@moorage/kube-types/core-v1";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestNode, stayAlive, type TestNode } from "../testing/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode();
});
afterEach(async () => {
  for (const { metadata } of node.api.list(Pod)) {
    node.api.delete(Pod, { namespace: "default", name: metadata.name }, { gracePeriodSeconds: 1 });
  }
  await node.until(() => node.api.list(Pod).length === 0);
  expect(node.errors).toEqual([]);
});
afterAll(() => node.end());

const image = "test/runner:1";
const shell = (name: string, script: string) => ({ name, image, command: ["/bin/sh", "-c", script] });
const phase = (name: string) => node.pod(name)?.status?.phase;
const init = (name: string) => node.pod(name)?.status?.initContainerStatuses?.[0];

describe("the life of a pod", () => {
  it("keeps a sidecar beside its containers, and ends with them", async () => {
    const sidecar = { ...shell("side", "exec sleep 300"), restartPolicy: "Always" };
    node.run("sidecar", "", {
      container: { command: ["/bin/sleep", "0.3"] },
      spec: { restartPolicy: "Never", initContainers: [sidecar] },
    });
    await node.until(() => node.container("sidecar")?.state?.running !== undefined);
    expect(init("sidecar")).toMatchObject({ started: true, ready: true, state: { running: {} } });
    await node.until(() => phase("sidecar") === "Succeeded");
    expect(init("sidecar")?.state?.terminated).toBeDefined();
  });

  it("fails when an init container fails and may not be tried again", async () => {
    node.run("bad-init", stayAlive, { spec: { restartPolicy: "Never", initContainers: [shell("init", "exit 4")] } });
    await node.until(() => phase("bad-init") === "Failed");
    expect(init("bad-init")?.state?.terminated).toMatchObject({ exitCode: 4, reason: "Error" });
    expect(node.container("bad-init")?.state?.waiting?.reason).toBe("PodInitializing");
  });

  it("tries a failed init container again", async () => {
    const volumeMounts = [{ name: "v", mountPath: "/v" }];
    const script = "test -e /v/again || { touch /v/again; exit 1; }";
    node.run("init-again", stayAlive, {
      spec: { initContainers: [{ ...shell("init", script), volumeMounts }], volumes: [{ name: "v", emptyDir: {} }] },
    });
    await node.until(() => node.container("init-again")?.ready === true);
    expect(init("init-again")).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 0 } } });
  });

  it("runs hooks after the start and before the end", async () => {
    const lifecycle = {
      postStart: { exec: { command: ["/bin/sh", "-c", "echo started >> /v/hooks"] } },
      preStop: { exec: { command: ["/bin/sh", "-c", "echo stopping >> /v/hooks; sleep 0.2"] } },
    };
    const code = `process.on("SIGTERM", () => { console.log(require("node:fs").readFileSync(process.argv[1], "utf8")); process.exit(0); }); ${stayAlive}`;
    node.run("hooks", code, {
      container: { lifecycle, args: ["/v/hooks"], volumeMounts: [{ name: "v", mountPath: "/v" }] },
      spec: { volumes: [{ name: "v", emptyDir: {} }] },
    });
    await node.until(() => node.container("hooks")?.ready === true);
    const options = { container: "main", follow: true, previous: false, timestamps: false };
    const log = node.node.handlers.logs({ namespace: "default", name: "hooks" }, options, new AbortController().signal);
    // Gives the program the time to listen for its end.
    await new Promise((resolve) => setTimeout(resolve, 300));
    node.api.delete(Pod, { namespace: "default", name: "hooks" });
    let text = "";
    for await (const chunk of log) text += Buffer.from(chunk);
    expect(text.trim()).toBe("started\nstopping");
  });

  it("ends with activeDeadlineSeconds", async () => {
    node.run("deadline", stayAlive, { spec: { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1 } });
    await node.until(() => phase("deadline") === "Failed");
    expect(node.pod("deadline")?.status?.reason).toBe("DeadlineExceeded");
  });

  it("tells what the container said last, from its message file or its log", async () => {
    const spec = { restartPolicy: "Never" };
    node.run("message", "", { container: shell("main", "echo because > /dev/termination-log; exit 1"), spec });
    node.run("fallback", "console.error('out of luck'); process.exit(1)", {
      container: { terminationMessagePolicy: "FallbackToLogsOnError" },
      spec,
    });
    await node.until(() => phase("message") === "Failed" && phase("fallback") === "Failed");
    expect(node.container("message")?.state?.terminated?.message).toBe("because\n");
    expect(node.container("fallback")?.state?.terminated?.message).toBe("out of luck");
  });

  it("projects several sources into one volume", async () => {
    node.api.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "m", namespace: "default" },
      data: { a: "A" },
    });
    node.api.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "default" },
      data: { b: "Qg==" },
    });
    const sources = [
      { configMap: { name: "m", items: [{ key: "a", path: "dir/a" }] } },
      { secret: { name: "s" } },
      { secret: { name: "absent", optional: true } },
      { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
      { serviceAccountToken: { path: "token", audience: "x" } },
    ];
    node.run("projected", "", {
      container: {
        ...shell("main", "cd /p && cat dir/a b labels token"),
        volumeMounts: [{ name: "p", mountPath: "/p" }],
      },
      spec: { restartPolicy: "Never", volumes: [{ name: "p", projected: { sources } }] },
    });
    await node.until(() => phase("projected") === "Succeeded");
    expect(await node.logs("projected")).toBe('ABapp="projected"token-of-default\n');
  });

  it("gives the pod a kubeconfig of its ServiceAccount, unless it wants none", async () => {
    const script = 'test -z "$KUBECONFIG" && echo none || cat $KUBECONFIG';
    const spec = { restartPolicy: "Never" };
    node.run("with-token", "", { container: shell("main", script), spec });
    node.run("without-token", "", {
      container: shell("main", script),
      spec: { ...spec, automountServiceAccountToken: false },
    });
    await node.until(() => phase("with-token") === "Succeeded" && phase("without-token") === "Succeeded");
    const kubeconfig = JSON.parse(await node.logs("with-token"));
    expect(kubeconfig.clusters[0].cluster.server).toBe("https://127.0.0.1:6443");
    expect(kubeconfig.users[0].user.tokenFile).toContain(node.dir);
    expect(await node.logs("without-token")).toBe("none\n");
  });

  it("keeps what a claim holds when the pod is replaced", async () => {
    const options = (script: string) => ({
      container: { ...shell("main", script), volumeMounts: [{ name: "d", mountPath: "/data" }] },
      spec: { restartPolicy: "Never", volumes: [{ name: "d", persistentVolumeClaim: { claimName: "data" } }] },
    });
    node.run("writer", "", options("echo kept > /data/file"));
    await node.until(() => phase("writer") === "Succeeded");
    node.run("reader", "", options("cat /data/file"));
    await node.until(() => phase("reader") === "Succeeded");
    expect(await node.logs("reader")).toBe("kept\n");
  });
});
