/** Parameters of a URL; absent ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One HTTP request to an API server, before credentials. */
export interface ApiRequest {
  /** What is tried, as messages say it: `get Deployment "default/web"`. */
  attempt: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  path: string;
  query?: Query | undefined;
  /** Sent as JSON, unless it is text already. */
  body?: unknown;
  contentType?: string | undefined;
  accept?: string | undefined;
  signal?: AbortSignal | undefined;
  /** For the whole call, retries included. Default 60 s. */
  timeoutMs?: number | undefined;
  /** Whether a second try does no harm. Default: GET, HEAD, DELETE. */
  idempotent?: boolean | undefined;
}

/** The query as it stands behind the `?`, or nothing. */
export function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "" && value !== false) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
