export const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** The definition of a kind Thing in a group of the scenario's own, with these versions and further fields of `spec`. */
export function ownKind(versions: readonly object[], more: object = {}): object {
  return {
    metadata: { name: "things.{ns}.example.com" },
    spec: {
      group: "{ns}.example.com",
      scope: "Namespaced",
      names: { kind: "Thing", plural: "things" },
      versions,
      ...more,
    },
  };
}
