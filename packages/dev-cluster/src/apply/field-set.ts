import { schemaOfKey, type TypeSchema } from "../schema/type-schema.ts";
import { type Fields, isFields } from "../store/api-object.ts";

/**
 * A set of paths in an object, as `managedFields` stores it. A path's steps are written `f:FIELD`, `k:{KEYS}` (an item
 * of a list with keys) or `v:VALUE` (an item of a set).
 *
 * Source: "FieldsV1" of the API reference; the algebra is that of structured-merge-diff's `fieldpath.Set`.
 */
export class FieldSet {
  /** Steps that are members themselves. */
  readonly members = new Set<string>();
  readonly children = new Map<string, FieldSet>();

  static decode(json: unknown): FieldSet {
    const set = new FieldSet();
    if (!isFields(json)) return set;
    for (const [step, below] of Object.entries(json)) {
      if (step === ".") continue;
      const child = FieldSet.decode(below);
      if (!isFields(below) || Object.keys(below).length === 0 || "." in below) set.members.add(step);
      if (!child.isEmpty) set.children.set(step, child);
    }
    return set;
  }

  encode(): Fields {
    const steps = [...new Set([...this.members, ...this.children.keys()])].sort();
    return Object.fromEntries(steps.map((step) => [step, this.#encodeStep(step)]));
  }

  #encodeStep(step: string): Fields {
    const child = this.children.get(step);
    if (!child) return {};
    return this.members.has(step) ? { ".": {}, ...child.encode() } : child.encode();
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  /** The set below a step, made if there is none. Call `tidy` when nothing may have been put in. */
  below(step: string): FieldSet {
    let child = this.children.get(step);
    if (!child) {
      child = new FieldSet();
      this.children.set(step, child);
    }
    return child;
  }

  /** Drops children that hold nothing. */
  tidy(): this {
    for (const [step, child] of this.children) if (child.tidy().isEmpty) this.children.delete(step);
    return this;
  }

  union(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const set of [this, other]) for (const step of set.members) result.members.add(step);
    for (const step of new Set([...this.children.keys(), ...other.children.keys()])) {
      const [left, right] = [this.children.get(step), other.children.get(step)];
      const both = left && right ? left.union(right) : (left ?? right);
      if (both) result.children.set(step, both);
    }
    return result;
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const step of this.members) if (other.members.has(step)) result.members.add(step);
    for (const [step, child] of this.children) {
      const right = other.children.get(step);
      if (right) result.children.set(step, child.intersection(right));
    }
    return result.tidy();
  }

  difference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const step of this.members) if (!other.members.has(step)) result.members.add(step);
    for (const [step, child] of this.children) {
      const right = other.children.get(step);
      result.children.set(step, right ? child.difference(right) : child);
    }
    return result.tidy();
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** The same set with every declared field on the way to a member being a member too. */
  withNamedFields(schema: TypeSchema | undefined): FieldSet {
    const result = new FieldSet();
    for (const step of this.members) result.members.add(step);
    for (const [step, child] of this.children) {
      if (step.startsWith("f:") && schema?.fields.has(step.slice(2))) result.members.add(step);
      result.children.set(step, child.withNamedFields(schemaBelow(schema, step)));
    }
    return result;
  }

  /** Every member as a path such as `.spec.containers[name="web"].image`, sorted. */
  paths(prefix = ""): string[] {
    const own = [...this.members].map((step) => prefix + shown(step));
    const below = [...this.children].flatMap(([step, child]) => child.paths(prefix + shown(step)));
    return [...own, ...below].sort();
  }
}

function schemaBelow(schema: TypeSchema | undefined, step: string): TypeSchema | undefined {
  if (!schema) return undefined;
  return step.startsWith("f:") ? schemaOfKey(schema, step.slice(2)) : schema.element;
}

function shown(step: string): string {
  const value = step.slice(2);
  if (step.startsWith("f:")) return `.${value}`;
  if (step.startsWith("v:")) return `[=${value}]`;
  const keys: unknown = JSON.parse(value);
  const pairs = isFields(keys) ? Object.entries(keys).map(([key, item]) => `${key}=${JSON.stringify(item)}`) : [];
  return `[${pairs.join(",")}]`;
}
