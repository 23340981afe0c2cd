import { Type } from "typebox";

const text = (description: string) => Type.String({ minLength: 1, description });

/** A key of a ConfigMap or Secret in the server's namespace. */
const keyOf = (kind: "ConfigMap" | "Secret", description: string, defaultKey?: string) =>
  Type.Object(
    {
      name: text(`The ${kind}'s name.`),
      key: defaultKey
        ? Type.String({ minLength: 1, default: defaultKey, description: `The ${kind}'s key.` })
        : text(`The ${kind}'s key.`),
    },
    { description },
  );

/** Only the member that `type` names must be there: a merge patch that switches `type` leaves the old one behind. */
const memberRule = (type: string, member: string) => ({
  rule: `self.type != '${type}' || has(self.${member})`,
  message: `type ${type} needs the member "${member}"`,
});

/** What the server may reach. */
export const permissionProfileSchema = Type.Object(
  {
    type: Type.Enum(["builtin", "configmap", "configMap"], {
      default: "builtin",
      description: "Where the profile is: one of ours, or in a ConfigMap.",
    }),
    name: text('With type builtin: "none" (no outgoing connection) or "network" (any). Else the ConfigMap\'s name.'),
    key: Type.Optional(text("The ConfigMap's key. Default: profile.json.")),
  },
  {
    description:
      "What the server may reach on the network; a NetworkPolicy says so to the cluster. In a ConfigMap: " +
      '{"network": {"outbound": {"insecure_allow_all": false, "allow_host": ["10.0.0.0/8"], "allow_port": [443]}}}.',
    "x-kubernetes-validations": [
      {
        rule: "self.type != 'builtin' || self.name in ['none', 'network']",
        messageExpression: `'"' + self.name + '" is no builtin profile: use "none" or "network"'`,
      },
    ],
  },
);

const kubernetesTokens = Type.Object(
  {
    audience: Type.Optional(
      text("What a token's aud must contain. Default: http://NAME.NAMESPACE.svc.cluster.local:PORT."),
    ),
    issuer: Type.Optional(text("The issuer of the tokens. Default: this cluster's.")),
    jwksUrl: Type.Optional(text("Where the keys are. Default: this cluster's keys.")),
    namespace: Type.Optional(text("Only ServiceAccounts of this namespace.")),
    serviceAccount: Type.Optional(text("Only the ServiceAccount of this name. Needs namespace.")),
  },
  {
    description: "Tokens of Kubernetes ServiceAccounts. Default: any ServiceAccount of this cluster.",
    "x-kubernetes-validations": [
      { rule: "!has(self.serviceAccount) || has(self.namespace)", message: "serviceAccount needs namespace: add it" },
    ],
  },
);

const inlineProvider = Type.Object(
  {
    issuer: text("The URL of the OpenID provider; must equal the tokens' iss exactly."),
    audience: Type.Optional(
      text("What a token's aud must contain. Default: http://NAME.NAMESPACE.svc.cluster.local:PORT."),
    ),
    jwksUrl: Type.Optional(text("Where the keys are. Default: the issuer's discovery document says it.")),
    introspectionUrl: Type.Optional(text("Where tokens that are no JWT are asked about (RFC 7662).")),
    clientId: Type.Optional(text("Who the proxy is at the introspection endpoint.")),
    clientSecretRef: Type.Optional(keyOf("Secret", "The proxy's secret at the introspection endpoint.")),
    caConfigMapRef: Type.Optional(
      keyOf("ConfigMap", "Certificates that the provider's own is checked with.", "ca.crt"),
    ),
    scopes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: "Scopes that every call needs.",
        "x-kubernetes-list-type": "set",
      }),
    ),
  },
  { description: "An OpenID provider." },
);

/** How clients prove who they are. */
export const oidcConfigSchema = Type.Object(
  {
    type: Type.Enum(["kubernetes", "configMap", "inline"], {
      default: "kubernetes",
      description: "Whose tokens are accepted, and which member says more. The others are ignored.",
    }),
    resourceUrl: Type.Optional(
      text(
        "The server's URL as clients type it, for OAuth metadata (RFC 9728). Default: from exposure, else status.url.",
      ),
    ),
    kubernetes: Type.Optional(kubernetesTokens),
    configMap: Type.Optional(keyOf("ConfigMap", "A JSON document with the fields of `inline`.", "oidc.json")),
    inline: Type.Optional(inlineProvider),
  },
  {
    description: "Authentication: how clients prove who they are.",
    "x-kubernetes-validations": [memberRule("configMap", "configMap"), memberRule("inline", "inline")],
  },
);

/** What a client may call, as Cedar policies. */
export const authzConfigSchema = Type.Object(
  {
    type: Type.Enum(["configMap", "inline"], {
      description: "Where the policies are. The other member is ignored.",
    }),
    configMap: Type.Optional(keyOf("ConfigMap", "Cedar policies as text.", "policies.cedar")),
    inline: Type.Optional(
      Type.Object(
        {
          policies: Type.Array(Type.String({ minLength: 1 }), {
            minItems: 1,
            description: "Cedar policies. A call passes when one permits it and none forbids it.",
            "x-kubernetes-list-type": "atomic",
          }),
          entitiesJson: Type.Optional(text("Cedar entities as a JSON array.")),
        },
        { description: "Policies in the resource itself." },
      ),
    ),
  },
  {
    description: "Authorization: Cedar policies that say who may call what.",
    "x-kubernetes-validations": [memberRule("configMap", "configMap"), memberRule("inline", "inline")],
  },
);
