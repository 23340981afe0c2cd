/** What a request asks for, read off its URL. */
export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case HTTP method. */
  readonly method: string;
  /** Set for `/api/v1/…` and `/apis/GROUP/VERSION/…` with a resource. */
  readonly resource?: ResourcePath;
}

export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** What follows the subresource: the path that is proxied. */
  readonly rest: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string;
}

/** Subresources of a namespace; any other second word names a resource in it. */
const namespaceSubresources = new Set(["status", "finalize"]);

/**
 * Source: `RequestInfoFactory` of k8s.io/apiserver.
 * @throws URIError for a path with a malformed escape.
 */
export function parseRequest(method: string, url: string): RequestInfo {
  const { pathname, searchParams } = new URL(url, "http://server");
  const parts = pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const base = { path: pathname, query: searchParams, method: method.toLowerCase() };
  const resource = parseResource(parts, base.method, searchParams);
  return resource ? { ...base, resource } : base;
}

function parseResource(parts: string[], method: string, query: URLSearchParams): ResourcePath | undefined {
  const [prefix, ...rest] = parts;
  if (prefix === "api" && rest.length > 1) return parseInVersion("", rest, { method, query });
  if (prefix === "apis" && rest.length > 2) return parseInVersion(rest[0] ?? "", rest.slice(1), { method, query });
  return undefined;
}

function parseInVersion(
  group: string,
  [version = "", ...words]: string[],
  { method, query }: { method: string; query: URLSearchParams },
): ResourcePath {
  const isOldWatch = words[0] === "watch" && words.length > 1;
  const rest = isOldWatch ? words.slice(1) : words;
  const place = placeOf(rest);
  const [resource = "", name = "", subresource = "", ...proxied] = place.words;
  const isWatch = isOldWatch || ["1", "true", "True"].includes(query.get("watch") ?? "");
  const verb = verbOf(method, name !== "", isWatch);
  return { group, version, namespace: place.namespace, resource, name, subresource, rest: proxied.join("/"), verb };
}

function placeOf(words: string[]): { namespace: string | undefined; words: string[] } {
  const [first, namespace, second] = words;
  const isInNamespace = first === "namespaces" && second !== undefined && !namespaceSubresources.has(second);
  return isInNamespace ? { namespace, words: words.slice(2) } : { namespace: undefined, words };
}

function verbOf(method: string, hasName: boolean, isWatch: boolean): string {
  switch (method) {
    case "get":
    case "head":
      // A watch on one name is a watch of the list with a selector.
      if (isWatch) return "watch";
      return hasName ? "get" : "list";
    case "post":
      return "create";
    case "put":
      return "update";
    case "patch":
      return "patch";
    case "delete":
      return hasName ? "delete" : "deletecollection";
    default:
      return method;
  }
}
