import { type Fields, fieldsAt, isFields, isStrings, listAt, stringAt } from "../../store/api-object.ts";
import {
  type Check,
  containersNamed,
  containersOf,
  contextOf,
  hasOwnUsers,
  plural,
  quoted,
  settersOf,
  sorted,
} from "./pod-view.ts";

const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

const appArmor: Check = (pod) => {
  const typeOf = (part: Fields) => stringAt(contextOf(part), "appArmorProfile", "type");
  const isBad = (part: Fields) => !["RuntimeDefault", "Localhost", undefined].includes(typeOf(part));
  const bad = containersOf(pod).filter(isBad);
  const isPodBad = isBad(pod.spec);
  const values = sorted([...(isPodBad ? [pod.spec] : []), ...bad].map((part) => typeOf(part) ?? ""));
  const annotations = Object.entries(pod.annotations)
    .filter(
      ([key, value]) => key.startsWith(appArmorAnnotation) && !/^($|runtime\/default$|localhost\/)/.test(String(value)),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const who = [settersOf(isPodBad, bad), ...(annotations.length > 0 ? [plural(annotations.length, "annotation")] : [])];
  const setters = who.filter((setter) => setter !== "").join(" and ");
  const all = [...values, ...annotations];
  if (setters === "") return undefined;
  return {
    reason: plural(all.length, "forbidden AppArmor profile"),
    detail: `${setters} must not set AppArmor profile type to ${quoted(all)}`,
  };
};

const defaultCapabilities: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** Capabilities that a container adds or drops. */
export function capabilitiesOf(container: Fields, list: "add" | "drop"): readonly string[] {
  const found = fieldsAt(contextOf(container), "capabilities")?.[list];
  return isStrings(found) ? found : [];
}

const capabilities: Check = (pod) => {
  const extra = (container: Fields) =>
    capabilitiesOf(container, "add").filter((capability) => !defaultCapabilities.has(capability));
  const bad = containersOf(pod).filter((container) => extra(container).length > 0);
  if (bad.length === 0) return undefined;
  const what = quoted(sorted(bad.flatMap(extra)));
  const detail = `${containersNamed(bad)} must not include ${what} in securityContext.capabilities.add`;
  return { reason: "non-default capabilities", detail };
};

const hostNamespaces: Check = ({ spec }) => {
  const shared = ["hostNetwork", "hostPID", "hostIPC"].filter((field) => spec[field] === true);
  if (shared.length === 0) return undefined;
  return { reason: "host namespaces", detail: shared.map((field) => `${field}=true`).join(", ") };
};

const hostPathVolumes: Check = ({ spec }) => {
  const volumes = listAt(spec, "volumes").filter((volume) => fieldsAt(volume, "hostPath") !== undefined);
  if (volumes.length === 0) return undefined;
  const names = volumes.map((volume) => stringAt(volume, "name") ?? "");
  return { reason: "hostPath volumes", detail: `${plural(names.length, "volume")} ${quoted(names)}` };
};

const hostPorts: Check = (pod) => {
  const portsOf = (container: Fields) =>
    listAt(container, "ports")
      .map((port) => (isFields(port) ? port["hostPort"] : undefined))
      .filter((port) => port)
      .map(String);
  const bad = containersOf(pod).filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(bad.flatMap(portsOf));
  const verb = plural(bad.length, "uses", "use");
  return {
    reason: "hostPort",
    detail: `${containersNamed(bad)} ${verb} ${plural(ports.length, "hostPort")} ${ports.join(", ")}`,
  };
};

const handlerPaths = [
  ["livenessProbe"],
  ["readinessProbe"],
  ["startupProbe"],
  ["lifecycle", "postStart"],
  ["lifecycle", "preStop"],
] as const;

const handlerHosts: Check = (pod) => {
  const hostsOf = (container: Fields) =>
    handlerPaths
      .flatMap((path) => ["httpGet", "tcpSocket"].map((kind) => stringAt(container, ...path, kind, "host") ?? ""))
      .filter((host) => host !== "");
  const bad = containersOf(pod).filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const hosts = sorted(bad.flatMap(hostsOf));
  const verb = plural(bad.length, "uses", "use");
  const what = plural(hosts.length, "probe or lifecycle host");
  const named = [...bad].sort((left, right) => (String(left["name"]) < String(right["name"]) ? -1 : 1));
  return { reason: "probe or lifecycle host", detail: `${containersNamed(named)} ${verb} ${what} ${quoted(hosts)}` };
};

const privileged: Check = (pod) => {
  const bad = containersOf(pod).filter((container) => contextOf(container)["privileged"] === true);
  if (bad.length === 0) return undefined;
  return { reason: "privileged", detail: `${containersNamed(bad)} must not set securityContext.privileged=true` };
};

/** Forbids any view of `/proc` but the default one. */
export const procMount: Check = (pod) => {
  const typeOf = (container: Fields) => stringAt(contextOf(container), "procMount") ?? "Default";
  const bad = containersOf(pod).filter((container) => typeOf(container) !== "Default");
  if (bad.length === 0) return undefined;
  const types = quoted(sorted(bad.map(typeOf)));
  return { reason: "procMount", detail: `${containersNamed(bad)} must not set securityContext.procMount to ${types}` };
};

const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

const seLinux: Check = (pod) => {
  const optionsOf = (part: Fields) => fieldsAt(contextOf(part), "seLinuxOptions") ?? {};
  const typeOf = (part: Fields) => stringAt(optionsOf(part), "type") ?? "";
  const sets = (field: string) => (part: Fields) => Boolean(optionsOf(part)[field]);
  const isBad = (part: Fields) => !seLinuxTypes.includes(typeOf(part)) || sets("user")(part) || sets("role")(part);
  const containers = containersOf(pod).filter(isBad);
  const bad = [...(isBad(pod.spec) ? [pod.spec] : []), ...containers];
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(typeOf).filter((type) => !seLinuxTypes.includes(type)));
  const data = [
    ...(types.length > 0 ? [`${plural(types.length, "type")} ${quoted(types)}`] : []),
    ...(bad.some(sets("user")) ? ["user may not be set"] : []),
    ...(bad.some(sets("role")) ? ["role may not be set"] : []),
  ];
  const setters = settersOf(isBad(pod.spec), containers);
  return {
    reason: "seLinuxOptions",
    detail: `${setters} set forbidden securityContext.seLinuxOptions: ${data.join("; ")}`,
  };
};

/** The seccomp profile that a pod or container names itself. */
export function seccompOf(part: Fields): string | undefined {
  const profile = fieldsAt(contextOf(part), "seccompProfile");
  return profile && (stringAt(profile, "type") ?? "");
}

/** Forbids profiles that let everything through. */
export const seccomp: Check = (pod) => {
  const isBad = (part: Fields) => !["RuntimeDefault", "Localhost", undefined].includes(seccompOf(part));
  const bad = containersOf(pod).filter(isBad);
  const isPodBad = isBad(pod.spec);
  if (bad.length === 0 && !isPodBad) return undefined;
  const values = quoted(sorted([...(isPodBad ? [pod.spec] : []), ...bad].map((part) => seccompOf(part) ?? "")));
  const detail = `${settersOf(isPodBad, bad)} must not set securityContext.seccompProfile.type to ${values}`;
  return { reason: "seccompProfile", detail };
};

const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

const sysctls: Check = ({ spec }) => {
  const names = listAt(contextOf(spec), "sysctls").map((sysctl) => stringAt(sysctl, "name") ?? "");
  const bad = names.filter((name) => !safeSysctls.has(name));
  return bad.length === 0 ? undefined : { reason: "forbidden sysctls", detail: bad.join(", ") };
};

const hostProcess: Check = (pod) => {
  const isBad = (part: Fields) => fieldsAt(contextOf(part), "windowsOptions")?.["hostProcess"] === true;
  const setters = settersOf(isBad(pod.spec), containersOf(pod).filter(isBad));
  if (setters === "") return undefined;
  return {
    reason: "hostProcess",
    detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

/** What the level "baseline" forbids, in the order in which messages list it. */
export const baselineChecks: Readonly<Record<string, Check>> = {
  appArmor,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  handlerHosts,
  privileged,
  procMount: (pod) => (hasOwnUsers(pod) ? undefined : procMount(pod)),
  seLinux,
  seccomp,
  sysctls,
  hostProcess,
};
