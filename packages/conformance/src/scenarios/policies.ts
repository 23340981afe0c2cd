import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, type Step, type StepAnswer } from "../step.ts";
import { container, deployment, paths, podSpec } from "./objects.ts";

const namespace = "/api/v1/namespaces/{ns}";
const limitRanges = "/api/v1/namespaces/{ns}/limitranges";
const label = (labels: object): Step =>
  patch("merge", namespace, {
    metadata: {
      labels: Object.fromEntries(
        Object.entries(labels).map(([mode, level]) => [`pod-security.kubernetes.io/${mode}`, level]),
      ),
    },
  });
const restricted = label({ enforce: "restricted" });
const baseline = label({ enforce: "baseline" });
const pod = (spec: object, name = "a"): Step => create(paths.pods, { metadata: { name }, spec });
const safe = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};
const limits = (item: object): Step =>
  create(limitRanges, { metadata: { name: "l" }, spec: { limits: [{ type: "Container", ...item }] } });
const resources = (requests: object, most: object = {}): object => ({
  containers: [container({ resources: { requests, limits: most } })],
});

const cases: [name: string, ...steps: Step[]][] = [
  ["restricted: a plain pod", restricted, pod(podSpec())],
  ["restricted: a pod that asks for nothing", restricted, pod({ containers: [container({ securityContext: safe })] })],
  [
    "restricted: settings of the pod",
    restricted,
    pod({
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        container({ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } }),
      ],
    }),
  ],
  [
    "restricted: several containers",
    restricted,
    pod({
      initContainers: [container({ name: "i" })],
      containers: [container({ securityContext: safe }), container({ name: "d", securityContext: { runAsUser: 0 } })],
    }),
  ],
  [
    "restricted: explicitly as root",
    restricted,
    pod({
      securityContext: { runAsNonRoot: false, runAsUser: 0 },
      containers: [container({ securityContext: { ...safe, runAsNonRoot: false, runAsUser: 0 } })],
    }),
  ],
  [
    "restricted: capabilities",
    restricted,
    pod({
      containers: [
        container({
          securityContext: { ...safe, capabilities: { drop: ["ALL"], add: ["CHOWN", "NET_BIND_SERVICE"] } },
        }),
      ],
    }),
  ],
  [
    "restricted: volumes",
    restricted,
    pod({
      containers: [container({ securityContext: safe })],
      volumes: [
        { name: "h", hostPath: { path: "/x" } },
        { name: "n", nfs: { server: "s", path: "/x" } },
        { name: "e", emptyDir: {} },
      ],
    }),
  ],
  [
    "restricted: a bad profile",
    restricted,
    pod({ containers: [container({ securityContext: { ...safe, seccompProfile: { type: "Unconfined" } } })] }),
  ],
  ["restricted: a Deployment is warned of", restricted, create(paths.deployments, deployment("a"))],
  ["baseline: a plain pod", baseline, pod(podSpec())],
  [
    "baseline: privileges",
    baseline,
    pod({
      hostNetwork: true,
      hostPID: true,
      containers: [
        container({
          securityContext: { privileged: true, capabilities: { add: ["SYS_ADMIN"] } },
          ports: [{ containerPort: 80, hostPort: 80 }],
        }),
      ],
      volumes: [{ name: "h", hostPath: { path: "/x" } }],
    }),
  ],
  [
    "baseline: kernel settings",
    baseline,
    pod({
      securityContext: {
        sysctls: [
          { name: "kernel.msgmax", value: "1" },
          { name: "net.ipv4.tcp_syncookies", value: "1" },
        ],
        seLinuxOptions: { type: "spc_t", user: "u" },
      },
      containers: [container({ securityContext: { procMount: "Default" } })],
    }),
  ],
  [
    "baseline: a probe elsewhere",
    baseline,
    pod(podSpec({ containers: [container({ livenessProbe: { httpGet: { host: "example.com", port: 80 } } })] })),
  ],
  ["warn only", label({ warn: "restricted" }), pod(podSpec())],
  ["enforce one level, warn of another", label({ enforce: "baseline", warn: "restricted" }), pod(podSpec())],
  ["a version", label({ enforce: "restricted", "enforce-version": "v1.36" }), pod(podSpec())],
  ["an unknown level", label({ enforce: "strict" })],
  ["a bad version", label({ enforce: "baseline", "enforce-version": "1.30" })],
];

const limitCases: [name: string, ...steps: Step[]][] = [
  ["what a LimitRange becomes", limits({ max: { cpu: "2" }, min: { memory: "64Mi" } })],
  [
    "defaults",
    limits({ default: { cpu: "500m" }, defaultRequest: { cpu: "100m", memory: "1Gi" } }),
    pod(podSpec({ initContainers: [container({ name: "i" })] })),
  ],
  ["defaults beside given values", limits({ default: { cpu: "500m" } }), pod(resources({ cpu: "200m" }))],
  ["too much", limits({ max: { cpu: "1" } }), pod(resources({}, { cpu: "2" }))],
  [
    "a request that is too large",
    limits({ type: "Container", max: { cpu: "1" }, default: { cpu: "1" } }),
    pod(resources({ cpu: "2" }, { cpu: "2" })),
  ],
  ["too little", limits({ min: { memory: "1Gi" } }), pod(resources({ memory: "512Mi" }))],
  ["a ratio", limits({ maxLimitRequestRatio: { cpu: "2" } }), pod(resources({ cpu: "100m" }, { cpu: "300m" }))],
  ["a ratio without a request", limits({ maxLimitRequestRatio: { cpu: "2" } }), pod(podSpec())],
  [
    "a whole pod",
    limits({ type: "Pod", max: { memory: "1Gi" } }),
    pod({
      containers: [
        container({ resources: { limits: { memory: "700Mi" } } }),
        container({ name: "d", resources: { limits: { memory: "500Mi" } } }),
      ],
    }),
  ],
  [
    "a claim",
    limits({ type: "PersistentVolumeClaim", max: { storage: "1Gi" } }),
    create(paths.claims, {
      metadata: { name: "a" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } } },
    }),
    read(`${paths.claims}/a`),
  ],
];

/** A pod that every level but the most open one has something against. */
const probe = create(`${paths.pods}?dryRun=All`, { metadata: { name: "probe" }, spec: podSpec({ hostNetwork: true }) });

/** Servers read the labels of namespaces in their own time. */
async function play(stage: Stage, steps: readonly Step[]): Promise<unknown> {
  const answers: StepAnswer[] = [];
  for (const step of steps) {
    const answer = await stage.send(step);
    answers.push(answer);
    if (step.path === namespace && answer.code === 200)
      await stage.until(probe, ({ code, warnings }) => code === 403 || warnings.length > 0);
  }
  return answers;
}

const scripts: [name: string, script: (stage: Stage) => Promise<unknown>][] = [
  [
    "pods that were there before are warned of",
    async (stage) => {
      for (const name of ["a", "b"]) await stage.send(pod(podSpec({ schedulerName: "none" }), name));
      const relabel = { ...restricted, path: `${namespace}?dryRun=All` };
      // Servers hear of the pods in their own time.
      const answer = await stage.until(relabel, ({ warnings }) =>
        warnings.some((text) => text.includes("1 other pod")),
      );
      return { code: answer.code, warnings: answer.warnings };
    },
  ],
  [
    "pods that were there before may change what does not count",
    async (stage) => {
      await stage.send(pod(podSpec({ schedulerName: "none" })));
      await stage.send(restricted);
      await stage.until(probe, ({ code }) => code === 403);
      return stage.sendAll([
        patch("merge", `${paths.pods}/a`, { metadata: { labels: { x: "y" } } }),
        patch("strategic", `${paths.pods}/a`, { spec: { containers: [{ name: "c", image: "other" }] } }),
      ]);
    },
  ],
];

/** What a namespace holds its pods to: Pod Security Standards and LimitRanges. */
export const policyScenarios: readonly Scenario[] = [
  ...cases.map(([name, ...steps]) => ({
    name: `pod security: ${name}`,
    steps: (stage: Stage) => play(stage, steps),
  })),
  ...scripts.map(([name, steps]) => ({ name: `pod security: ${name}`, steps })),
  ...limitCases.map(([name, ...steps]) => ({ name: `limits: ${name}`, steps })),
];
