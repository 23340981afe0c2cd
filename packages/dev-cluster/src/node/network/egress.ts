import { basename } from "node:path";
import { matchesSelector } from "@moorage/kube-types";
import type { Pod } from "@moorage/kube-types/core-v1";
import type { NetworkPolicy } from "@moorage/kube-types/networking-v1";

/** What NetworkPolicies let a pod reach: everything, nothing, or what their rules say. */
export type Egress = "open" | "closed" | { limitedBy: string };

/** Source: a pod that any policy of type Egress selects reaches what the rules of all of them together allow. */
export function egressOf({ metadata }: Pod, policies: readonly NetworkPolicy[]): Egress {
  const selecting = policies.filter(
    ({ spec }) =>
      spec?.policyTypes?.includes("Egress") && matchesSelector(spec.podSelector ?? {}, metadata.labels ?? {}),
  );
  const [first] = selecting;
  if (!first) return "open";
  const rules = selecting.flatMap(({ spec }) => spec?.egress ?? []);
  if (rules.length === 0) return "closed";
  const everything = rules.some(({ to = [], ports = [] }) => to.length === 0 && ports.length === 0);
  return everything ? "open" : { limitedBy: first.metadata.name };
}

/**
 * The words that run a program without any network, in a namespace with nothing in it: one that nobody connects to, or
 * the one behind the stdio bridge. `undefined` for a program that listens, which could not be reached then.
 */
export function withoutNetwork(
  argv: readonly string[],
  { listens, isRoot }: { listens: boolean; isRoot: boolean },
): string[] | undefined {
  // Who is not root may make a network namespace in a user namespace of their own, and stays who they are in it.
  const namespaces = isRoot ? ["--net"] : ["--user", "--map-current-user", "--net"];
  const unshare = ["unshare", ...namespaces, "--"];
  if (!listens) return [...unshare, ...argv];
  const [program = ""] = argv;
  const command = argv.indexOf("-e") + 1;
  if (basename(program) !== "nc" || command === 0) return undefined;
  return [...argv.slice(0, command), ...unshare, ...argv.slice(command)];
}
