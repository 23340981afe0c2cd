import type { Client } from "@moorage/kube-client";
import type { ResourceType } from "@moorage/kube-types";

/** A resource that the cluster serves, and the names that people call it by. */
export interface ApiResource extends ResourceType {
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
}

interface AggregatedDiscovery {
  items: {
    metadata?: { name?: string };
    versions: {
      version: string;
      resources?: {
        resource: string;
        responseKind?: { kind: string };
        scope: "Namespaced" | "Cluster";
        singularResource: string;
        shortNames?: string[];
        categories?: string[];
      }[];
    }[];
  }[];
}

const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Everything that the cluster serves, each resource in its preferred version first; core before the other groups. */
export async function discover(client: Client): Promise<ApiResource[]> {
  const documents = await Promise.all(
    ["/api", "/apis"].map((path) =>
      client.raw({ method: "GET", path, accept, attempt: "discover what the cluster serves" }),
    ),
  );
  return documents.flatMap((document) => {
    const { items }: AggregatedDiscovery = JSON.parse(document);
    return items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources = [] }) =>
        resources.map((resource) => ({
          group: metadata?.name ?? "",
          version,
          kind: resource.responseKind?.kind ?? "",
          plural: resource.resource,
          namespaced: resource.scope === "Namespaced",
          singular: resource.singularResource,
          shortNames: resource.shortNames ?? [],
          categories: resource.categories ?? [],
        })),
      ),
    );
  });
}
