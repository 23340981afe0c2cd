import type { FieldError } from "../../status/api-error.ts";
import { invalidValue } from "../../status/field-errors.ts";
import { baselineChecks } from "./baseline-checks.ts";
import type { Check, PodView, Violation } from "./pod-view.ts";
import { restrictedChecks } from "./restricted-checks.ts";

const levels = ["privileged", "baseline", "restricted"] as const;
type Level = (typeof levels)[number];

/** A level of the Pod Security Standards in a version. */
export interface LevelVersion {
  readonly level: Level;
  readonly version: string;
}

/** What a namespace asks for by its labels. */
export interface PodSecurityPolicy {
  readonly enforce: LevelVersion;
  readonly warn: LevelVersion;
  /** What is wrong with the labels. */
  readonly errors: readonly FieldError[];
}

const prefix = "pod-security.kubernetes.io/";
const checks: Readonly<Record<Level, readonly Check[]>> = {
  privileged: [],
  baseline: Object.values(baselineChecks),
  restricted: restrictedChecks,
};

/** Reads the labels of a namespace. Source: `PolicyToEvaluate`. */
export function policyOf(labels: Readonly<Record<string, string>> = {}): PodSecurityPolicy {
  const errors: FieldError[] = [];
  const read = (mode: string, fallback: Level): LevelVersion => {
    const level = labels[`${prefix}${mode}`];
    const version = labels[`${prefix}${mode}-version`];
    const isVersion = version === undefined || /^(latest|v1\.(0|[1-9]\d*))$/.test(version);
    if (level !== undefined && !isLevel(level)) {
      errors.push(labelError(mode, level, `must be one of ${levels.join(", ")}`));
    }
    if (!isVersion) errors.push(labelError(`${mode}-version`, version, 'must be "latest" or "v1.x"'));
    return {
      level: isLevel(level) ? level : level === undefined ? "privileged" : fallback,
      version: isVersion ? (version ?? "latest") : "latest",
    };
  };
  const enforce = read("enforce", "restricted");
  // Read for its errors: there is no audit log.
  read("audit", "privileged");
  const warn = read("warn", "privileged");
  const follows = labels[`${prefix}warn`] === undefined && isLevel(labels[`${prefix}enforce`]);
  const version = labels[`${prefix}warn-version`] === undefined ? enforce.version : warn.version;
  return { enforce, warn: follows ? { level: enforce.level, version } : warn, errors };
}

function isLevel(value: string | undefined): value is Level {
  return levels.some((level) => level === value);
}

function labelError(mode: string, value: string, why: string): FieldError {
  return invalidValue(`metadata.labels[${prefix}${mode}]`, value, why);
}

/** How strict a level is. */
export function strictness({ level }: LevelVersion): number {
  return levels.indexOf(level);
}

/** What of a level a pod violates. */
export function violations({ level }: LevelVersion, pod: PodView): Violation[] {
  return checks[level].map((check) => check(pod)).filter((violation) => violation !== undefined);
}

/** `restricted:latest`. */
export function levelText({ level, version }: LevelVersion): string {
  return `${level}:${version}`;
}
