import type { ApiCore } from "../registry/api-core.ts";
import { convert } from "../registry/convert.ts";
import type { Draft } from "../registry/registry.ts";
import type { GroupVersionKind, ResourceInfo } from "../registry/resource-info.ts";
import type { Caller } from "../registry/strategy.ts";
import type { ApiObject, Fields } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";
import type { AdmissionCall, Webhook } from "./admission-call.ts";
import { callMutating, callValidating } from "./call-webhook.ts";
import { matchingWebhooks } from "./match-webhooks.ts";
import { checkPolicies, hasPolicies } from "./validating-policies.ts";

/** What a deletion's review needs of the request. */
export interface DeletionContext {
  readonly exchange: { readonly caller: Caller; readonly warnings: string[] };
  readonly dryRun: boolean;
  readonly asked: Fields;
  /** Every object of a collection is deleted. */
  readonly isCollection?: boolean;
}

/** How a subresource shows an object that is stored in another form: as a Scale. */
export interface AdmissionView {
  readonly kind: GroupVersionKind;
  show(object: ApiObject): ApiObject;
}

/**
 * Dynamic admission: asks the mutating webhooks one after another, then the policies, then the validating
 * webhooks all at once.
 *
 * Source: "Dynamic Admission Control" of the Kubernetes documents.
 */
export class WebhookAdmission {
  readonly #core: ApiCore;
  readonly #store: Store;
  /** Resolves `service` of a webhook to an address; undefined when the Service does not exist. */
  readonly #addressOf: (namespace: string, name: string) => string | undefined;

  constructor(core: ApiCore) {
    const { store } = core;
    this.#core = core;
    this.#store = store;
    this.#addressOf = (namespace, name) => {
      const spec = store.get("services", `${namespace}/${name}`)?.object["spec"];
      return typeof spec === "object" && spec !== null && "clusterIP" in spec ? String(spec.clusterIP) : undefined;
    };
  }

  /** Lets webhooks change `draft.object` or refuse it. @throws ApiError with the webhook's refusal, or 500 where it does not answer. */
  async review(draft: Draft, operation: "CREATE" | "UPDATE", view?: AdmissionView): Promise<void> {
    if (!this.#hasWebhooks() && !hasPolicies(this.#core)) return;
    const show = (object: ApiObject) => (view ? view.show(object) : object);
    const call: AdmissionCall = {
      info: draft.info,
      kind: view?.kind ?? kindOf(draft.info),
      operation,
      options: draft.options.asked ?? {},
      subresource: draft.options.subresource ?? "",
      caller: draft.options.caller,
      dryRun: draft.options.dryRun ?? false,
      warnings: draft.options.warnings ?? [],
      object: show(draft.object),
      ...(draft.old ? { old: show(draft.old) } : {}),
      addressOf: this.#addressOf,
    };
    const mutated = await this.#mutate(call);
    // A view shows a part only; changing it is for those who change the object itself.
    if (!view) draft.object = mutated;
    await this.#validate({ ...call, object: mutated });
  }

  /** Lets webhooks refuse a deletion. */
  async reviewDeletion(
    info: ResourceInfo,
    old: ApiObject,
    { exchange, dryRun, asked, isCollection = false }: DeletionContext,
  ): Promise<void> {
    if (!this.#hasWebhooks() && !hasPolicies(this.#core)) return;
    const call: AdmissionCall = {
      info,
      kind: kindOf(info),
      options: asked,
      operation: "DELETE",
      subresource: "",
      caller: exchange.caller,
      dryRun,
      isCollection,
      warnings: exchange.warnings,
      old,
      addressOf: this.#addressOf,
    };
    for (const asked of matchingWebhooks(this.#core, "mutating", call)) await callMutating(asked.webhook, asked.call);
    await this.#validate(call);
  }

  async #mutate(call: AdmissionCall): Promise<ApiObject> {
    const { object } = call;
    if (!object) throw new Error("Cannot admit a write without an object");
    const round = new MutationRound(object);
    await this.#askMutating(call, round, () => true);
    // Those that want it are asked again when others have changed something after them.
    const stale = new Set(round.changedAfter);
    await this.#askMutating(call, round, (webhook) => webhook.reinvoke && stale.has(webhook.key));
    return round.object;
  }

  async #askMutating(
    call: AdmissionCall,
    round: MutationRound,
    isWanted: (webhook: Webhook) => boolean,
  ): Promise<void> {
    const start = matchingWebhooks(this.#core, "mutating", { ...call, object: round.object });
    for (const { webhook } of start.filter((each) => isWanted(each.webhook))) {
      // What others have changed meanwhile is shown, in the version that this one asks for.
      const current = matchingWebhooks(this.#core, "mutating", { ...call, object: round.object });
      const asked = current.find((each) => each.webhook.key === webhook.key);
      if (!asked) continue;
      const changed = await callMutating(webhook, asked.call);
      round.asked(webhook, changed && convert(changed, round.object.apiVersion));
    }
  }

  async #validate(call: AdmissionCall): Promise<void> {
    checkPolicies(this.#core, call);
    const webhooks = matchingWebhooks(this.#core, "validating", call);
    const results = await Promise.allSettled(webhooks.map((asked) => callValidating(asked.webhook, asked.call)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  #hasWebhooks(): boolean {
    const configurations = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];
    return configurations.some(
      (plural) => this.#store.collection(`${plural}.admissionregistration.k8s.io`).entries.size > 0,
    );
  }
}

function kindOf({ group, version, kind }: ResourceInfo): GroupVersionKind {
  return { group, version, kind };
}

/** What the mutating webhooks have made of an object so far. */
class MutationRound {
  object: ApiObject;
  /** Keys of the webhooks that have not seen the newest object. */
  readonly changedAfter = new Set<string>();
  readonly #asked: string[] = [];

  constructor(object: ApiObject) {
    this.object = object;
  }

  asked({ key }: Webhook, changed: ApiObject | undefined): void {
    if (changed) {
      this.object = changed;
      for (const earlier of this.#asked) this.changedAfter.add(earlier);
    }
    this.changedAfter.delete(key);
    this.#asked.push(key);
  }
}
