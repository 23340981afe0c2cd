import { resolve } from "node:path";
import type { RunConfig } from "./schema.ts";

type HeadersFrom = Readonly<Record<string, { file: string }>>;

/** `config` with the files that it names relative to `folder`, where the configuration file itself is. */
export function withAbsoluteFiles(config: RunConfig, folder: string): RunConfig {
  const { listen, sessions, oidc, tokenExchange, telemetry, audit, upstream } = config;
  const headersFrom = (headers: HeadersFrom) =>
    Object.fromEntries(Object.entries(headers).map(([name, { file }]) => [name, { file: resolve(folder, file) }]));
  return {
    ...config,
    ...(listen.tls && { listen: { ...listen, tls: absolute(listen.tls, folder) } }),
    ...(sessions && { sessions: absolute(sessions, folder) }),
    ...(oidc && { oidc: absolute(oidc, folder) }),
    ...(tokenExchange && { tokenExchange: absolute(tokenExchange, folder) }),
    ...(audit?.file && { audit: { ...audit, file: resolve(folder, audit.file) } }),
    ...(telemetry?.headersFrom && { telemetry: { ...telemetry, headersFrom: headersFrom(telemetry.headersFrom) } }),
    ...("url" in upstream &&
      upstream.headersFrom && { upstream: { ...upstream, headersFrom: headersFrom(upstream.headersFrom) } }),
  };
}

/** Fields whose name ends in `File` name one. */
function absolute<T extends object>(section: T, folder: string): T {
  const files = Object.entries(section).flatMap(([field, value]) =>
    field.endsWith("File") && typeof value === "string" ? [[field, resolve(folder, value)] as const] : [],
  );
  return { ...section, ...Object.fromEntries(files) };
}
