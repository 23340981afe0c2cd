import { Type } from "typebox";

const keyOf = (description: string, defaultKey?: string) =>
  Type.Object(
    {
      name: Type.String({ minLength: 1, description: "The ConfigMap's name." }),
      key: Type.Optional(Type.String({ minLength: 1, ...(defaultKey && { default: defaultKey }) })),
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
    type: Type.Enum(["builtin", "configmap", "configMap"], { default: "builtin" }),
    name: Type.String({
      minLength: 1,
      description: 'With type builtin: "none" (no outgoing connection) or "network" (any). Else the ConfigMap\'s name.',
    }),
    key: Type.Optional(Type.String({ minLength: 1, description: "The ConfigMap's key." })),
  },
  {
    description: "What the server may reach on the network.",
    "x-kubernetes-validations": [
      {
        rule: "self.type != 'builtin' || self.name in ['none', 'network']",
        messageExpression: `'"' + self.name + '" is no builtin profile: use "none" or "network"'`,
      },
    ],
  },
);

/** How clients prove who they are. */
export const oidcConfigSchema = Type.Object(
  {
    type: Type.Enum(["kubernetes", "configMap", "inline"], { default: "kubernetes" }),
    kubernetes: Type.Optional(
      Type.Object(
        {
          audience: Type.Optional(Type.String({ minLength: 1 })),
          issuer: Type.Optional(Type.String({ minLength: 1 })),
          jwksUrl: Type.Optional(Type.String({ minLength: 1 })),
          namespace: Type.Optional(Type.String({ minLength: 1 })),
          serviceAccount: Type.Optional(Type.String({ minLength: 1 })),
        },
        { description: "Tokens of Kubernetes ServiceAccounts. Default: any ServiceAccount of this cluster." },
      ),
    ),
    configMap: Type.Optional(keyOf("A JSON document with the fields of `inline`.", "oidc.json")),
    inline: Type.Optional(
      Type.Object({
        issuer: Type.String({ minLength: 1, description: "The URL of the OpenID provider." }),
        audience: Type.Optional(Type.String({ minLength: 1, description: "What the token's aud claim must contain." })),
        jwksUrl: Type.Optional(
          Type.String({ minLength: 1, description: "Where the keys are, when discovery does not say so." }),
        ),
        clientId: Type.Optional(Type.String({ minLength: 1 })),
      }),
    ),
  },
  {
    description: "Authentication: how clients prove who they are.",
    "x-kubernetes-validations": [memberRule("configMap", "configMap"), memberRule("inline", "inline")],
  },
);

/** What a client may call, as Cedar policies. */
export const authzConfigSchema = Type.Object(
  {
    type: Type.Enum(["configMap", "inline"]),
    configMap: Type.Optional(keyOf("Cedar policies as text.", "policies.cedar")),
    inline: Type.Optional(
      Type.Object({
        policies: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, "x-kubernetes-list-type": "atomic" }),
        entitiesJson: Type.Optional(Type.String({ description: "Cedar entities as a JSON array." })),
      }),
    ),
  },
  {
    description: "Authorization: Cedar policies that say who may call what.",
    "x-kubernetes-validations": [memberRule("configMap", "configMap"), memberRule("inline", "inline")],
  },
);
