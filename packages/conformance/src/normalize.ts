/** What two right servers give different values of. */
const volatileFields = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "time",
  "lastTransitionTime",
  "lastUpdateTime",
  "clusterIP",
  "nodePort",
  "remainingItemCount",
  "continue",
]);

const uidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const timePattern = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g;
/** kubectl says so when it is faster than the controller, which is chance. */
const notObservedPattern = /^Waiting for deployment spec update to be observed\.\.\.\n/gm;
const generatedPattern = /\b(kube-api-access|gen)-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;

/** What a controller has done by the time of the answer is chance: the status of workloads, and its owner's entry. */
const controllerManagers = new Set(["kube-controller-manager"]);

/** Managers are sorted by the second of their change, so the order is chance too. */
function normalizeManagers(entries: readonly unknown[]): unknown[] {
  const kept = entries.filter((entry) => !isOfController(entry)).map(normalize);
  return kept.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}

function isOfController(item: unknown): boolean {
  return typeof item === "object" && item !== null && "manager" in item && controllerManagers.has(String(item.manager));
}

/** Makes equal what must differ between two servers; everything else stays as it is. */
export function normalize(value: unknown): unknown {
  if (typeof value === "string") return normalizeText(value);
  if (Array.isArray(value)) return value.map(normalize);
  if (typeof value !== "object" || value === null) return value;
  const isDeployment = "kind" in value && value.kind === "Deployment";
  const kept = Object.entries(value).filter(([key]) => !(isDeployment && key === "status"));
  const entries = kept.map(([key, item]) => [key, normalizeField(key, item)] as const);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function normalizeField(key: string, value: unknown): unknown {
  if (key === "managedFields" && Array.isArray(value)) return normalizeManagers(value);
  if (volatileFields.has(key) && (typeof value === "string" || typeof value === "number")) {
    return value === "None" ? value : `<${key}>`;
  }
  if (key === "clusterIPs" && Array.isArray(value))
    return value.map((address) => (address === "None" ? address : "<address>"));
  return normalize(value);
}

function normalizeText(text: string): string {
  return text
    .replace(uidPattern, "<uid>")
    .replace(timePattern, "<time>")
    .replace(generatedPattern, "$1-<suffix>")
    .replace(notObservedPattern, "")
    .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "<version>"')
    .replace(/record \(\d+\)/g, "record (<version>)")
    .replace(/current: \d+/g, "current: <version>");
}
