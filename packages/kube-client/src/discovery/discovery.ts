import { groupResourceOf } from "@moorage/kube-types";
import type { CallOptions } from "../call-options.ts";
import type { Client } from "../client.ts";
import { isRecord, list, text } from "../config/fields.ts";
import { parseAnswer } from "../decode.ts";
import { isNotFound } from "../kube-api-error.ts";
import { type DiscoveredResource, readAggregated, readResourceList } from "./discovered-resource.ts";

const aggregated = ["v2", "v2beta1"].map(
  (v) => `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`,
);

/**
 * What a server serves, and what users mean by a name.
 *
 * *Guarantees*: `resolve()` understands what kubectl does: plural, singular, short name, kind, each alone or with
 * group (`deployments.apps`) or version and group (`deployments.v1.apps`), in any case; of several the server's
 * preferred one wins, the core group first.
 */
export class Discovery {
  readonly resources: readonly DiscoveredResource[];

  constructor(resources: readonly DiscoveredResource[]) {
    this.resources = resources;
  }

  /** Asks the server: two requests where it aggregates discovery, else one per group and version. */
  static async load(client: Client, options: CallOptions = {}): Promise<Discovery> {
    const accept = [...aggregated, "application/json"].join(",");
    const roots = await Promise.all(
      ["/api", "/apis"].map(async (path) => {
        const attempt = `discover ${path}`;
        return parseAnswer(await client.raw({ ...options, method: "GET", path, accept, attempt }), attempt);
      }),
    );
    const resources = await Promise.all(
      roots.map((root) =>
        isRecord(root) && root["kind"] === "APIGroupDiscoveryList"
          ? readAggregated(root)
          : loadByVersion(client, root, options),
      ),
    );
    return new Discovery(resources.flat());
  }

  /** @throws Error that names similar resource types when there is none of that name. */
  resolve(name: string): DiscoveredResource {
    const found = this.find(name);
    if (found) return found;
    const similar = this.#similar(name.toLowerCase());
    throw new Error(
      `Cannot find a resource type "${name}"${similar.length > 0 ? `; did you mean ${similar.join(", ")}?` : ": the server has none of that name"}`,
    );
  }

  find(name: string): DiscoveredResource | undefined {
    const asked = name.toLowerCase();
    // A name is more telling than a short name: a CRD's short name must not hide another's plural.
    return (
      this.resources.find((resource) => namesOf(resource).includes(asked)) ??
      this.resources.find(({ shortNames }) => shortNames.includes(asked))
    );
  }

  /** The types of a category such as `all`; empty when there is none. One version of each. */
  inCategory(category: string): readonly DiscoveredResource[] {
    const members = this.resources.filter(({ categories }) => categories.includes(category));
    return [
      ...new Map(members.toReversed().map((member) => [groupResourceOf(member.type), member])).values(),
    ].toReversed();
  }

  #similar(asked: string): string[] {
    const stem = asked.slice(0, 4);
    const names = this.resources.map(({ type }) => groupResourceOf(type)).filter((name) => name.startsWith(stem));
    return [...new Set(names)].slice(0, 3).map((name) => `"${name}"`);
  }
}

function namesOf({ type, singular }: DiscoveredResource): string[] {
  const { plural, group, version } = type;
  const kind = type.kind.toLowerCase();
  return [plural, singular, kind].flatMap((name) => [name, `${name}.${group}`, `${name}.${version}.${group}`]);
}

async function loadByVersion(client: Client, root: unknown, options: CallOptions): Promise<DiscoveredResource[]> {
  const versions = isRecord(root) ? groupVersions(root) : [];
  const lists = await Promise.all(
    versions.map(async ({ group, version }) => {
      const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
      const attempt = `discover ${path}`;
      // A group whose own server is away must not hide all others.
      const answer = await client.raw({ ...options, method: "GET", path, attempt }).catch((error: unknown) => {
        if (isNotFound(error) || isUnavailable(error)) return "{}";
        throw error;
      });
      return readResourceList(group, version, parseAnswer(answer, attempt));
    }),
  );
  return lists.flat();
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 503;
}

/** From `APIVersions` (`/api`) or an `APIGroupList` (`/apis`), preferred versions first. */
function groupVersions(root: Record<string, unknown>): { group: string; version: string }[] {
  const core = list(root, "versions").map((version) => ({ group: "", version: String(version) }));
  const named = list(root, "groups")
    .filter(isRecord)
    .flatMap((group) => {
      return list(group, "versions")
        .filter(isRecord)
        .map((version) => ({ group: text(group, "name") ?? "", version: text(version, "version") ?? "" }));
    });
  return [...core, ...named];
}
