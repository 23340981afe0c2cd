import type { Environment } from "@marcbachmann/cel-js";

/** A URL as Go's net/url takes it apart. */
class CelUrl {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(parts: { scheme: string; host: string; path: string; query: string }) {
    this.scheme = parts.scheme;
    this.host = parts.host;
    this.path = parts.path;
    this.query = parts.query;
  }
}

const form = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/s;

/** Source: `url.ParseRequestURI`: an absolute URL or an absolute path. Returns what is wrong otherwise. */
function parseUrl(text: string): CelUrl | string {
  const [, scheme = "", authority, path = "", query = ""] = form.exec(text) ?? [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses these.
  if (/[\x00-\x1f\x7f]/.test(text)) return "net/url: invalid control character in URL";
  if (text === "") return "empty url";
  if (scheme === "" && !text.startsWith("/")) return "invalid URI for request";
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return `invalid URL escape ${JSON.stringify(/%.{0,2}/.exec(path)?.[0] ?? "%")}`;
  const host = (authority ?? "").replace(/^.*@/, "");
  if (/[ <>"{}|\\^`]/.test(host)) return "invalid character in host name";
  if (/:(?!\d*$)/.test(host.replace(/^\[.*\]/, "")))
    return `invalid port ${JSON.stringify(host.slice(host.lastIndexOf(":")))} after host`;
  const isOpaque = scheme !== "" && authority === undefined && !path.startsWith("/");
  return new CelUrl({ scheme: scheme.toLowerCase(), host, path: isOpaque ? "" : escaped(path), query });
}

/** What a path may not hold as it is. */
function escaped(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]]/gu, encodeURIComponent);
}

function url(text: string): CelUrl {
  const parsed = parseUrl(text);
  if (typeof parsed !== "string") return parsed;
  throw new Error(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${parsed}`);
}

function queryOf({ query }: CelUrl): Record<string, string[]> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries([...new Set(parameters.keys())].map((key) => [key, parameters.getAll(key)]));
}

/** URLs in CEL. Source: `library.URLs` of k8s.io/apiserver. */
export function registerUrls(environment: Environment): void {
  environment
    .registerType("kubernetes.URL", CelUrl)
    .registerFunction("url(string): kubernetes.URL", url)
    .registerFunction("isURL(string): bool", (text: string) => typeof parseUrl(text) !== "string")
    .registerFunction("kubernetes.URL.getScheme(): string", ({ scheme }: CelUrl) => scheme)
    .registerFunction("kubernetes.URL.getHost(): string", ({ host }: CelUrl) => host)
    .registerFunction("kubernetes.URL.getHostname(): string", ({ host }: CelUrl) =>
      host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1"),
    )
    .registerFunction("kubernetes.URL.getPort(): string", ({ host }: CelUrl) => /:(\d*)$/.exec(host)?.[1] ?? "")
    .registerFunction("kubernetes.URL.getEscapedPath(): string", ({ path }: CelUrl) => path)
    .registerFunction("kubernetes.URL.getQuery(): map<string, list<string>>", queryOf)
    .registerOperator(
      "kubernetes.URL == kubernetes.URL",
      (a: CelUrl, b: CelUrl) => JSON.stringify(a) === JSON.stringify(b),
    );
}
