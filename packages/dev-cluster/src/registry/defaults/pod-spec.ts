import { ensureFields, type Fields } from "../../store/api-object.ts";
import { itemsOf, setDefaults, within } from "./set-default.ts";

/** Source: `SetDefaults_PodSpec` and what it calls. Where a pod template stands the same holds. */
export function defaultPodSpec(spec: Fields): void {
  setDefaults(spec, {
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    terminationGracePeriodSeconds: 30,
  });
  ensureFields(spec, "securityContext");
  // The deprecated alias is kept equal.
  if (spec["serviceAccountName"] !== undefined) spec["serviceAccount"] = spec["serviceAccountName"];
  else if (spec["serviceAccount"] !== undefined) spec["serviceAccountName"] = spec["serviceAccount"];
  for (const kind of ["containers", "initContainers", "ephemeralContainers"]) {
    for (const container of itemsOf(spec, kind)) defaultContainer(container, spec["hostNetwork"] === true);
  }
  for (const volume of itemsOf(spec, "volumes")) defaultVolume(volume);
  for (const constraint of itemsOf(spec, "topologySpreadConstraints")) setDefaults(constraint, {});
}

/** Only pods themselves have it, not templates. */
export function defaultPod(spec: Fields): void {
  setDefaults(spec, { enableServiceLinks: true });
  for (const container of [...itemsOf(spec, "containers"), ...itemsOf(spec, "initContainers")]) {
    requestWhatIsLimited(container);
  }
}

function requestWhatIsLimited(container: Fields): void {
  within(container, "resources", (resources) => {
    within(resources, "limits", (limits) => setDefaults(ensureFields(resources, "requests"), limits));
  });
}

function defaultContainer(container: Fields, hostNetwork: boolean): void {
  ensureFields(container, "resources");
  setDefaults(container, {
    imagePullPolicy: pullPolicyOf(String(container["image"] ?? "")),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
  });
  for (const port of itemsOf(container, "ports")) {
    setDefaults(port, { protocol: "TCP", ...(hostNetwork ? { hostPort: port["containerPort"] } : {}) });
  }
  for (const variable of itemsOf(container, "env")) {
    within(variable, "valueFrom", (from) => within(from, "fieldRef", (ref) => setDefaults(ref, { apiVersion: "v1" })));
  }
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) within(container, probe, defaultProbe);
  within(container, "lifecycle", (lifecycle) => {
    for (const hook of ["postStart", "preStop"])
      within(lifecycle, hook, (handler) => within(handler, "httpGet", defaultHttpGet));
  });
}

/** `latest`, written or not, is pulled always; a tag or a digest only when it is not there. */
function pullPolicyOf(image: string): string {
  if (image.includes("@")) return "IfNotPresent";
  const tag = image.slice(image.lastIndexOf("/") + 1).split(":")[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultProbe(probe: Fields): void {
  setDefaults(probe, { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 });
  within(probe, "httpGet", defaultHttpGet);
  within(probe, "grpc", (grpc) => setDefaults(grpc, { service: "" }));
}

function defaultHttpGet(action: Fields): void {
  setDefaults(action, { path: "/", scheme: "HTTP" });
}

const readableByAll = 0o644;

const volumeKinds = ["secret", "configMap", "downwardAPI", "projected", "hostPath", "emptyDir", "iscsi"];

function defaultVolume(volume: Fields): void {
  if (Object.keys(volume).every((key) => key === "name")) volume["emptyDir"] = {};
  for (const kind of volumeKinds) within(volume, kind, (source) => defaultVolumeSource(kind, source));
}

function defaultVolumeSource(kind: string, source: Fields): void {
  if (kind === "hostPath") setDefaults(source, { type: "" });
  if (["secret", "configMap", "downwardAPI", "projected"].includes(kind))
    setDefaults(source, { defaultMode: readableByAll });
  defaultFieldRefs(source);
  for (const projection of itemsOf(source, "sources")) {
    within(projection, "downwardAPI", defaultFieldRefs);
    within(projection, "serviceAccountToken", (token) => setDefaults(token, { expirationSeconds: 3600 }));
  }
}

function defaultFieldRefs(source: Fields): void {
  for (const item of itemsOf(source, "items"))
    within(item, "fieldRef", (ref) => setDefaults(ref, { apiVersion: "v1" }));
}
