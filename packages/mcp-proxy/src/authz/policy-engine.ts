import { randomUUID } from "node:crypto";
import type { CedarValueJson, EntityJson, TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";
import { isRecord } from "@moorage/mcp-messages";
import type { Principal } from "../principal.ts";
import type { Authorization } from "../run-config/security-schema.ts";

/** What is asked: may this principal do this, with these arguments? */
export interface Question {
  readonly principal: Principal;
  /** `call_tool`, `get_prompt`, `read_resource` … */
  readonly action: string;
  readonly resource: TypeAndId;
  readonly arguments: Readonly<Record<string, unknown>>;
}

const maximumDecisions = 10_000;

/** Cedar never forgets a policy set, but a new one may take an old one's name; so an engine and its successor have two. */
interface PolicySetID {
  readonly family: string;
  readonly second: boolean;
}

function nameOf({ family, second }: PolicySetID): string {
  return second ? `${family}-2` : `${family}-1`;
}

type Decide = typeof import("./cedar.ts").statefulIsAuthorized;

/**
 * Decides by Cedar policies, parsed once. Decisions are remembered where they cannot depend on arguments.
 * Default deny: a call passes only if a policy permits it and none forbids it.
 *
 * The entities are those that ToolHive's policies use: `Client::"<sub>"` with attributes `claim_*`,
 * `Action::"call_tool"`, `Tool::"<name>"`; `context` holds `claim_*` and `arg_*`.
 */
export class PolicyEngine {
  readonly #ask: Decide;
  readonly #id: PolicySetID;
  readonly #entities: readonly EntityJson[];
  readonly #readsArguments: boolean;
  readonly #decisions = new Map<string, boolean>();

  private constructor(ask: Decide, id: PolicySetID, config: Authorization) {
    this.#ask = ask;
    this.#id = id;
    this.#entities = (config.entities ?? []).filter(isEntity);
    this.#readsArguments = config.policies.some((policy) => policy.includes("arg_"));
  }

  /**
   * Throws an `Error` that says what is wrong with the policies or entities.
   *
   * @param previous what the new engine is to stand in for; it stays good until the engine after the new one is parsed
   */
  static async parse(config: Authorization, previous?: PolicyEngine): Promise<PolicyEngine> {
    const { preparsePolicySet, statefulIsAuthorized } = await import("./cedar.ts");
    const id = previous ? { ...previous.#id, second: !previous.#id.second } : { family: randomUUID(), second: false };
    const parsed = preparsePolicySet(nameOf(id), { staticPolicies: config.policies.join("\n") });
    if (parsed.type === "failure") {
      throw new Error(`authz.policies: cannot be parsed: ${parsed.errors.map(({ message }) => message).join("; ")}`);
    }
    const wrong = (config.entities ?? []).find((entity) => !isEntity(entity));
    if (wrong !== undefined)
      throw new Error(`authz.entities: ${JSON.stringify(wrong)} is not an entity: it needs uid, attrs and parents`);
    return new PolicyEngine(statefulIsAuthorized, id, config);
  }

  allows(question: Question): boolean {
    if (this.#readsArguments && Object.keys(question.arguments).length > 0) return this.#decide(question);
    const { principal, action, resource } = question;
    const key = JSON.stringify([principal.id, principal.claims, action, resource]);
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const decision = this.#decide(question);
    if (this.#decisions.size >= maximumDecisions) this.#decisions.clear();
    this.#decisions.set(key, decision);
    return decision;
  }

  #decide({ principal, action, resource, arguments: args }: Question): boolean {
    const uid = { type: "Client", id: subjectOf(principal) };
    const claims = cedarValues(principal.claims, "claim_");
    const values = cedarValues(args, "arg_");
    const answer = this.#ask({
      principal: uid,
      action: { type: "Action", id: action },
      resource,
      context: { ...claims, ...values },
      preparsedPolicySetId: nameOf(this.#id),
      entities: [
        { uid, attrs: claims, parents: [] },
        { uid: resource, attrs: { name: resource.id, ...values }, parents: [] },
        ...this.#entities,
      ],
    });
    return answer.type === "success" && answer.response.decision === "allow";
  }
}

function subjectOf({ claims }: Principal): string {
  return typeof claims["sub"] === "string" ? claims["sub"] : "anonymous";
}

/** Cedar knows booleans, integers, strings, sets and records; other values are left out. */
function cedarValues(values: Readonly<Record<string, unknown>>, prefix: string): Record<string, CedarValueJson> {
  const entries = Object.entries(values).flatMap(([name, value]) => {
    const converted = cedarValue(value);
    return converted === undefined ? [] : [[`${prefix}${name}`, converted] as const];
  });
  return Object.fromEntries(entries);
}

function cedarValue(value: unknown): CedarValueJson | undefined {
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(cedarValue).filter((item) => item !== undefined);
  // A record could pass itself off as an entity or an extension value by members that begin so.
  if (isRecord(value) && !Object.keys(value).some((key) => key.startsWith("__"))) return cedarValues(value, "");
  return undefined;
}

function isEntity(value: unknown): value is EntityJson {
  return isRecord(value) && isRecord(value["uid"]) && isRecord(value["attrs"]) && Array.isArray(value["parents"]);
}
