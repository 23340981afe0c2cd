import { type Client, isAlreadyExists, isConflict, type ObjectKey } from "@moorage/kube-client";
import { Secret } from "@moorage/kube-types/core-v1";
import { type CertificatePolicy, type CertificateState, nextCertificates } from "./certificate-plan.ts";

/**
 * Keeps certificates in a Secret that all replicas share, and moves them on when it is time.
 *
 * *Guarantees*: of replicas that renew at the same time one wins and all use what it wrote; a Secret that somebody
 * damaged is replaced. *Assumptions*: only the operator may read the Secret.
 */
export class CertificateStore {
  readonly #client: Client;
  readonly #key: Required<ObjectKey>;
  readonly #policy: CertificatePolicy;
  readonly #now: () => number;

  constructor(options: {
    client: Client;
    namespace: string;
    name: string;
    policy: CertificatePolicy;
    now: () => number;
  }) {
    this.#client = options.client;
    this.#key = { namespace: options.namespace, name: options.name };
    this.#policy = options.policy;
    this.#now = options.now;
  }

  /** The certificates to use now. */
  async current(): Promise<CertificateState> {
    for (;;) {
      const secret = await this.#client.find(Secret, this.#key);
      const state = secret && stateOf(secret);
      const next = await nextCertificates(state, this.#policy, this.#now());
      if (!next) {
        if (state) return state;
        continue;
      }
      if (await this.#write(secret, next)) return next;
    }
  }

  /** @returns false when another replica was faster. */
  async #write(secret: Secret | undefined, state: CertificateState): Promise<boolean> {
    const object: Secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: secret?.metadata ?? this.#key,
      type: secret?.type ?? "Opaque",
      data: dataOf(state),
    };
    const write = secret ? this.#client.update(Secret, object) : this.#client.create(Secret, object);
    return write.then(
      () => true,
      (error: unknown) => {
        if (!isConflict(error) && !isAlreadyExists(error)) throw error;
        return false;
      },
    );
  }
}

function dataOf(state: CertificateState): Record<string, string> {
  const times = JSON.stringify({ authoritySince: state.authoritySince, servingSince: state.servingSince });
  const texts = {
    "ca.crt": state.authorities.join("\n"),
    "ca.key": state.authorityKey,
    "tls.crt": state.serving.certificate,
    "tls.key": state.serving.key,
    "times.json": times,
  };
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]));
}

/** Undefined when anything is missing or does not parse: then everything is made anew. */
function stateOf(secret: Secret): CertificateState | undefined {
  const text = (key: string) => Buffer.from(String(secret.data?.[key] ?? ""), "base64").toString("utf8");
  const authorities = text("ca.crt").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const times = /^\{"authoritySince":(\d+),"servingSince":(\d+)\}$/.exec(text("times.json"));
  const [authorityKey, certificate, key] = [text("ca.key"), text("tls.crt"), text("tls.key")];
  const whole =
    [authorityKey, key].every((pem) => pem.includes("PRIVATE KEY")) && certificate.includes("BEGIN CERTIFICATE");
  if (!times || !whole || authorities.length === 0) return undefined;
  return {
    authorities,
    authorityKey,
    serving: { certificate, key },
    authoritySince: Number(times[1]),
    servingSince: Number(times[2]),
  };
}
