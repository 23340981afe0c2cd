import { join } from "node:path";
import type { ExecPlugin } from "./cluster-config.ts";
import { isRecord, list, text, texts } from "./fields.ts";

const supported = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/** The `exec` section of a kubeconfig user. A command with a slash is relative to the kubeconfig's folder. */
export function execPluginOf(section: Record<string, unknown>, of: { user: string; folder: string }): ExecPlugin {
  const apiVersion = text(section, "apiVersion") ?? "";
  const command = text(section, "command");
  if (!supported.includes(apiVersion)) {
    throw new Error(
      `Cannot load kubeconfig: user "${of.user}" has exec.apiVersion "${apiVersion}"; use ${supported.join(" or ")}`,
    );
  }
  if (!command) throw new Error(`Cannot load kubeconfig: user "${of.user}" has an exec section without a command`);
  const installHint = text(section, "installHint");
  return {
    apiVersion,
    command: command.includes("/") && !command.startsWith("/") ? join(of.folder, command) : command,
    args: texts(section, "args"),
    env: Object.fromEntries(
      list(section, "env")
        .filter(isRecord)
        .map((e) => [text(e, "name") ?? "", text(e, "value") ?? ""]),
    ),
    ...(installHint && { installHint }),
    provideClusterInfo: section["provideClusterInfo"] === true,
  };
}
