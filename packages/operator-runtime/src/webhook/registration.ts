import type { Client } from "@moorage/kube-client";
import { groupResourceOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "@moorage/kube-types/admissionregistration-v1";
import { type CustomResourceConversion, CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import type { Logger } from "pino";
import { canonicalJson, hashOf } from "../json.ts";
import { appliedAnnotation } from "../reconcile/child.ts";
import { type Conversion, conversionPath } from "./conversion.ts";
import type { Webhook } from "./webhook.ts";
import { clientConfig, type WebhookReach, webhookConfigurations } from "./webhook-configurations.ts";

/**
 * Its own field manager: whoever applies definitions with the client's usual one gives all of their fields, and an
 * apply of one field by the same manager would take the others away.
 */
const fieldManager = "moorage-webhooks";

/** Of a definition what is applied here. */
interface DefinitionConversion extends KubeObject {
  spec: { conversion?: CustomResourceConversion };
}

/** Makes the API server ask webhooks where they are now; writes only what differs. */
export class Registration {
  readonly #client: Client;
  readonly #log: Logger;

  constructor(client: Client, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  async admissions(name: string, webhooks: readonly Webhook[], reach: WebhookReach): Promise<void> {
    const { mutating, validating } = webhookConfigurations(name, webhooks, reach);
    if (mutating) await this.#applyIfDifferent(MutatingWebhookConfiguration, mutating);
    if (validating) await this.#applyIfDifferent(ValidatingWebhookConfiguration, validating);
  }

  /**
   * Sets `spec.conversion` of the kind's definition, and nothing else of it.
   * @returns false when there is no such definition.
   */
  async conversion(conversion: Conversion, reach: WebhookReach): Promise<boolean> {
    const name = groupResourceOf(conversion.hub);
    const type: ResourceType<DefinitionConversion> = CustomResourceDefinition;
    const live = await this.#client.find(type, { name });
    if (!live) return false;
    const wanted = {
      strategy: "Webhook",
      webhook: { clientConfig: clientConfig(reach, conversionPath(conversion)), conversionReviewVersions: ["v1"] },
    };
    if (canonicalJson(live.spec.conversion) === canonicalJson(wanted)) return true;
    const { apiVersion, kind, metadata } = live;
    // With the uid, a definition that goes meanwhile is a conflict; without, half a definition would be created.
    const { uid } = metadata;
    const applied = { apiVersion, kind, metadata: { name, ...(uid && { uid }) }, spec: { conversion: wanted } };
    await this.#client.apply(type, applied, { fieldManager });
    this.#log.info({ kind, name }, "Registered the conversion");
    return true;
  }

  async #applyIfDifferent<T extends KubeObject>(type: ResourceType<T>, wanted: T): Promise<void> {
    const hash = hashOf(wanted);
    const live = await this.#client.find(type, wanted.metadata);
    const bundles = (object: unknown) =>
      JSON.stringify(object)
        .match(/"caBundle":"[^"]*"/g)
        ?.sort()
        .join();
    if (live?.metadata.annotations?.[appliedAnnotation] === hash && bundles(live) === bundles(wanted)) return;
    await this.#client.apply(type, {
      ...wanted,
      metadata: { ...wanted.metadata, annotations: { [appliedAnnotation]: hash } },
    });
    this.#log.info({ kind: type.kind, name: wanted.metadata.name }, "Registered webhooks");
  }
}
