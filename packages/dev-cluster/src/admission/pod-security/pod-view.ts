import { type Fields, fieldsAt, isFields, listAt, stringAt } from "../../store/api-object.ts";

/** A pod, or the template of one, as the checks look at it. */
export interface PodView {
  readonly annotations: Fields;
  readonly spec: Fields;
}

/** What a check forbids: the rule, and who breaks it how. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** One rule of the Pod Security Standards. */
export type Check = (pod: PodView) => Violation | undefined;

/** All containers, in the order in which they are named in messages. */
export function containersOf({ spec }: PodView): Fields[] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) => listAt(spec, list).filter(isFields));
}

/** The security context of a pod or container. */
export function contextOf(part: Fields): Fields {
  return fieldsAt(part, "securityContext") ?? {};
}

/** `"a", "b"`. */
export function quoted(items: Iterable<string>): string {
  return [...items].map((item) => `"${item}"`).join(", ");
}

/** A set's members as messages list them. */
export function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].sort();
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

/** `container "a"` or `containers "a", "b"`. */
export function containersNamed(containers: readonly Fields[]): string {
  const names = containers.map((container) => stringAt(container, "name") ?? "");
  return `${plural(names.length, "container")} ${quoted(names)}`;
}

/** `pod and container "a"`: who sets what must not be set. */
export function settersOf(isPodBad: boolean, containers: readonly Fields[]): string {
  return [...(isPodBad ? ["pod"] : []), ...(containers.length > 0 ? [containersNamed(containers)] : [])].join(" and ");
}

/** Pods in a user namespace of their own may do more. */
export function hasOwnUsers({ spec }: PodView): boolean {
  return spec["hostUsers"] === false;
}

/** Some rules say nothing of Windows. */
export function isWindows({ spec }: PodView): boolean {
  return stringAt(spec, "os", "name") === "windows";
}
