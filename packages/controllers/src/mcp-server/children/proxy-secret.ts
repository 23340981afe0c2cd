import { randomBytes } from "node:crypto";
import { apiVersionOf, rfc3339Seconds } from "@moorage/kube-types";
import { Secret } from "@moorage/kube-types/core-v1";
import type { Model } from "../model.ts";
import { childLabels, proxyName } from "../names.ts";

/** The file with the keys that seal session ids. */
export const sessionKeysFile = "session-keys";
const sinceAnnotation = "mcp.moorage.dev/session-key-since";
const rotationMs = 30 * 24 * 3_600_000;

/**
 * All that the proxy needs to keep secret, in one Secret that its pods always mount: so nothing of it ever restarts
 * a proxy. `files` are the ones that the spec asks for, base64 by name.
 *
 * Session keys are made once and kept: with them sessions outlive every proxy pod. A new one takes over every 30 days,
 * and the one before still opens what it has sealed.
 */
export function proxySecret(
  { name, namespace }: Model,
  files: Readonly<Record<string, string>>,
  { existing, now }: { existing: Secret | undefined; now: Date },
): Secret {
  const { keys, since } = sessionKeys(existing, now);
  return {
    apiVersion: apiVersionOf(Secret),
    kind: Secret.kind,
    metadata: {
      name: proxyName(name),
      namespace,
      labels: childLabels(name),
      annotations: { [sinceAnnotation]: since },
    },
    type: "Opaque",
    data: { ...files, [sessionKeysFile]: keys },
  };
}

function sessionKeys(existing: Secret | undefined, now: Date): { keys: string; since: string } {
  const keys = existing?.data?.[sessionKeysFile];
  const since = existing?.metadata.annotations?.[sinceAnnotation];
  const age = since === undefined ? Number.POSITIVE_INFINITY : now.getTime() - Date.parse(since);
  if (keys && since && age < rotationMs) return { keys, since };
  const [newest = ""] = keys ? Buffer.from(keys, "base64").toString("utf8").split("\n") : [];
  const lines = [randomBytes(32).toString("base64url"), ...(newest ? [newest] : [])];
  return { keys: Buffer.from(`${lines.join("\n")}\n`).toString("base64"), since: rfc3339Seconds(now) };
}
