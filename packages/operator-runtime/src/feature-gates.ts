import type { Metrics } from "./metrics.ts";

/** How sure we are of a feature. Alpha is off by default; stable cannot be switched off. */
export type FeatureStage = "alpha" | "beta" | "stable";

export interface Feature {
  stage: FeatureStage;
  /** Default: on from beta on. */
  default?: boolean;
}

/**
 * Features that can be switched, in Kubernetes' form: `NewCache=true,OldPath=false`.
 *
 * @example
 * const gates = new FeatureGates({ FastScan: { stage: "alpha" } }, "FastScan=true");
 * if (gates.enabled("FastScan")) …
 */
export class FeatureGates<Name extends string> {
  readonly #features: Readonly<Record<Name, Feature>>;
  readonly #switched: ReadonlyMap<string, boolean>;

  /** @throws Error that names an unknown feature, a value that is no boolean, or a stable feature to be switched off. */
  constructor(features: Readonly<Record<Name, Feature>>, switches = "") {
    this.#features = features;
    this.#switched = parse(features, switches);
  }

  enabled(name: Name): boolean {
    const { stage, default: byDefault = stage !== "alpha" } = this.#features[name];
    return this.#switched.get(name) ?? byDefault;
  }

  /** Shows every feature as `feature_enabled{name,stage}`. */
  show(metrics: Metrics): void {
    const gauge = metrics.gauge("feature_enabled", "1 where a feature is on", ["name", "stage"]);
    for (const name of this.#names())
      gauge.set({ name, stage: this.#features[name].stage }, this.enabled(name) ? 1 : 0);
  }

  #names(): Name[] {
    return Object.keys(this.#features).filter((name): name is Name => name in this.#features);
  }
}

function parse(features: Readonly<Record<string, Feature>>, switches: string): Map<string, boolean> {
  const switched = new Map<string, boolean>();
  for (const part of switches
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")) {
    const [name = "", value] = part.split("=");
    const feature = features[name];
    if (!feature)
      throw new Error(`Cannot switch feature "${name}": there is none; known: ${Object.keys(features).join(", ")}`);
    if (value !== "true" && value !== "false")
      throw new Error(`Cannot switch feature "${name}" to "${value ?? ""}": use true or false`);
    if (feature.stage === "stable" && value === "false")
      throw new Error(`Cannot switch off feature "${name}": it is stable`);
    switched.set(name, value === "true");
  }
  return switched;
}
