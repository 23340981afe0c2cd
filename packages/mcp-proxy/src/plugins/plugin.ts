import type { Layer } from "../call.ts";
import type { Connect } from "../connection.ts";
import type { Principal } from "../principal.ts";

/** What a tool of a plug-in is called with. */
export interface PluginCall {
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly principal: Principal;
}

/** A tool that the proxy serves itself, beside those of the server. */
export interface PluginTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. They are not checked against it before `call`. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** The `content` of the result. What it throws becomes a result with `isError`. */
  call(call: PluginCall): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** A resource that the proxy serves itself, beside those of the server. */
export interface PluginResource {
  readonly uri: string;
  readonly name: string;
  readonly description?: string;
  readonly mimeType?: string;
  /** The text of the resource. */
  read(principal: Principal): Promise<string>;
}

/**
 * What a module named in `plugins` exports as `plugin`. Every part is optional.
 *
 * Guarantees: parts are used in the order of the configuration; plug-in tools and resources pass authentication,
 * authorization, rate limits and audit like the server's own, and win over those of the same name.
 * Caveats: a plug-in runs inside the proxy, with all that it may do; a module is loaded once in the life of the process.
 */
export interface Plugin {
  /** For messages to people. */
  readonly name: string;
  /** Stands where authentication stands: sets `call.principal` or throws a `ProxyError`. */
  readonly authenticate?: Layer;
  readonly tools?: readonly PluginTool[];
  readonly resources?: readonly PluginResource[];
  /** Transports to servers, for `upstream.transport: "plugin"`: name → how to connect with `upstream.options`. */
  readonly transports?: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Connect>>;
}
