import { groupResourceOf, type KubeObject, type ResourceType } from "@moorage/kube-types";

/**
 * One version of a kind besides its hub, and the way there and back.
 *
 * *Assumptions*: both functions are pure, and both ways together lose nothing: what one version cannot say is kept
 * elsewhere, for example in an annotation. Of the metadata they may change labels and annotations only, which the API
 * server insists on. The `apiVersion` of what they return does not matter.
 */
export interface Spoke<Hub extends KubeObject = KubeObject, T extends KubeObject = KubeObject> {
  for: ResourceType<T>;
  /** `object` is a copy, which may be changed and returned. What it throws is the user's answer. */
  toHub(object: T): Hub;
  /** `hub` is a copy, which may be changed and returned. What it throws is the user's answer. */
  fromHub(hub: Hub): T;
}

/**
 * How objects of a kind with several versions are converted, as in controller-runtime: every version to and from one
 * of them, the hub, and through it to every other.
 *
 * *Guarantees*: a request is answered whole and in order, or fails with the object, the versions and the reason.
 * *Caveats*: there is no failure policy. While no operator answers, nobody reads or writes in a version that is not the
 * stored one.
 */
export interface Conversion<Hub extends KubeObject = KubeObject> {
  /** The version that can say everything; best the stored one. */
  hub: ResourceType<Hub>;
  spokes: readonly Spoke<Hub>[];
}

/** Where the conversion of a kind is asked for: `/convert/<plural>.<group>`. */
export function conversionPath({ hub }: Conversion): string {
  return `/convert/${groupResourceOf(hub)}`;
}

/** @throws Error for conversions that make no sense together; the message names the kind and the version. */
export function checkConversions(conversions: readonly Conversion[]): void {
  const kinds = new Set<string>();
  for (const { hub, spokes } of conversions) {
    const name = groupResourceOf(hub);
    const refuse = (why: string) => new Error(`Cannot convert ${hub.kind} "${name}": ${why}`);
    if (kinds.has(name)) throw refuse("it has two conversions; put all versions into one");
    kinds.add(name);
    if (spokes.length === 0) throw refuse(`it has no version besides the hub "${hub.version}"; give a spoke for each`);
    const versions = new Set([hub.version]);
    for (const { for: type } of spokes) {
      if (groupResourceOf(type) !== name || type.kind !== hub.kind)
        throw refuse(
          `spoke "${type.version}" is of ${type.kind} "${groupResourceOf(type)}"; give one of the same kind`,
        );
      if (versions.has(type.version)) throw refuse(`version "${type.version}" is given twice; leave one out`);
      versions.add(type.version);
    }
  }
}
