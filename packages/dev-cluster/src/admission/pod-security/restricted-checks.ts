import { type Fields, isFields, listAt, stringAt } from "../../store/api-object.ts";
import { baselineChecks, capabilitiesOf, procMount, seccomp, seccompOf } from "./baseline-checks.ts";
import {
  type Check,
  containersNamed,
  containersOf,
  contextOf,
  hasOwnUsers,
  isWindows,
  plural,
  quoted,
  settersOf,
  sorted,
} from "./pod-view.ts";

const privilegeEscalation: Check = (pod) => {
  const bad = containersOf(pod).filter((container) => contextOf(container)["allowPrivilegeEscalation"] !== false);
  if (bad.length === 0 || isWindows(pod)) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${containersNamed(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: Check = (pod) => {
  if (isWindows(pod)) return undefined;
  const extra = (container: Fields) =>
    capabilitiesOf(container, "add").filter((capability) => capability !== "NET_BIND_SERVICE");
  const keeping = containersOf(pod).filter((container) => !capabilitiesOf(container, "drop").includes("ALL"));
  const adding = containersOf(pod).filter((container) => extra(container).length > 0);
  const added = quoted(sorted(adding.flatMap(extra)));
  const details = [
    ...(keeping.length > 0 ? [`${containersNamed(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [`${containersNamed(adding)} must not include ${added} in securityContext.capabilities.add`]
      : []),
  ];
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const openVolumes: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

const volumes: Check = ({ spec }) => {
  const typeOf = (volume: Fields) => Object.keys(volume).find((key) => key !== "name") ?? "unknown";
  const bad = listAt(spec, "volumes")
    .filter(isFields)
    .filter((volume) => !openVolumes.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(typeOf));
  const names = quoted(bad.map((volume) => stringAt(volume, "name") ?? ""));
  const uses = `${plural(bad.length, "uses", "use")} ${plural(types.length, "restricted volume type")}`;
  return {
    reason: "restricted volume types",
    detail: `${plural(bad.length, "volume")} ${names} ${uses} ${quoted(types)}`,
  };
};

const runAsNonRoot: Check = (pod) => {
  if (hasOwnUsers(pod)) return undefined;
  const reason = "runAsNonRoot != true";
  const nonRootOf = (part: Fields) => contextOf(part)["runAsNonRoot"];
  const bad = containersOf(pod).filter((container) => nonRootOf(container) === false);
  const setters = settersOf(nonRootOf(pod.spec) === false, bad);
  if (setters !== "") return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
  const silent = nonRootOf(pod.spec) === true ? [] : containersOf(pod).filter((part) => nonRootOf(part) === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${containersNamed(silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = (pod) => {
  if (hasOwnUsers(pod)) return undefined;
  const isRoot = (part: Fields) => contextOf(part)["runAsUser"] === 0;
  const setters = settersOf(isRoot(pod.spec), containersOf(pod).filter(isRoot));
  return setters === "" ? undefined : { reason: "runAsUser=0", detail: `${setters} must not set runAsUser=0` };
};

const seccompSet: Check = (pod) => {
  if (isWindows(pod)) return undefined;
  const bad = seccomp(pod);
  if (bad) return bad;
  const silent = seccompOf(pod.spec) ? [] : containersOf(pod).filter((part) => seccompOf(part) === undefined);
  if (silent.length === 0) return undefined;
  const wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason: "seccompProfile", detail: `pod or ${containersNamed(silent)} ${wanted}` };
};

/** Rules of "restricted" stand in for their milder forms in "baseline". */
const {
  capabilities: _capabilities,
  hostPathVolumes: _volumes,
  procMount: _procMount,
  seccomp: _seccomp,
  ...kept
} = baselineChecks;

/** What the level "restricted" forbids, in the order in which messages list it. */
export const restrictedChecks: readonly Check[] = [
  ...Object.values(kept),
  privilegeEscalation,
  capabilities,
  procMount,
  volumes,
  runAsNonRoot,
  runAsUser,
  seccompSet,
];
