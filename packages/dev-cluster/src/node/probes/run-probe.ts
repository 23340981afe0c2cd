import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { HTTPGetAction, Probe, TCPSocketAction } from "@moorage/kube-types/core-v1";

/** What a probe found. `undefined` output means success without a word. */
export type ProbeResult = { ok: true } | { ok: false; message: string };

/** Where and how to probe a container. */
export interface ProbeTarget {
  podIP: string;
  /** The number of a named container port. */
  portOf(name: string): number | undefined;
  /** Runs a command in the container's environment and tells its exit code and output. */
  exec(command: readonly string[], signal: AbortSignal): Promise<{ exitCode: number; output: string }>;
}

/** Looks once, within the probe's `timeoutSeconds`. Never throws. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const signal = AbortSignal.timeout((probe.timeoutSeconds ?? 1) * 1000);
  if (probe.httpGet) return httpGet(probe.httpGet, target, signal);
  if (probe.tcpSocket) return tcpConnect(probe.tcpSocket, target, signal);
  if (probe.exec) return exec(probe.exec.command ?? [], target, signal);
  return { ok: false, message: "this node does not support gRPC probes; use httpGet, tcpSocket or exec" };
}

function portNumber(port: number | string, { portOf }: ProbeTarget): number | undefined {
  return typeof port === "number" ? port : (portOf(port) ?? (/^\d+$/.test(port) ? Number(port) : undefined));
}

function httpGet(action: HTTPGetAction, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const port = portNumber(action.port, target);
  if (port === undefined) return Promise.resolve({ ok: false, message: `no container port is named "${action.port}"` });
  const isHttps = action.scheme === "HTTPS";
  const headers = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const options = {
    host: action.host || target.podIP,
    port,
    path: encodeURI(decodeURI(action.path ?? "/")),
    headers: { "user-agent": "kube-probe/1.36", accept: "*/*", connection: "close", ...headers },
    agent: false,
    signal,
    // Source: kubelet does not verify the certificates of pods.
    ...(isHttps && { rejectUnauthorized: false }),
  };
  return new Promise((resolve) => {
    const request = (isHttps ? httpsRequest : httpRequest)(options, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      const ok = statusCode >= 200 && statusCode < 400;
      resolve(ok ? { ok } : { ok, message: `HTTP probe failed with statuscode: ${statusCode}` });
    });
    request.once("error", (error) => resolve({ ok: false, message: failureOf(error, signal) }));
    request.end();
  });
}

function tcpConnect(action: TCPSocketAction, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const port = portNumber(action.port, target);
  if (port === undefined) return Promise.resolve({ ok: false, message: `no container port is named "${action.port}"` });
  return new Promise((resolve) => {
    const socket = connect({ host: action.host || target.podIP, port, signal }, () => {
      socket.destroy();
      resolve({ ok: true });
    });
    socket.once("error", (error) => resolve({ ok: false, message: failureOf(error, signal) }));
  });
}

async function exec(command: readonly string[], target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const { exitCode, output } = await target.exec(command, signal);
  if (exitCode === 0) return { ok: true };
  return {
    ok: false,
    message: signal.aborted ? `command timed out: ${command.join(" ")}` : output.slice(0, 400).trim(),
  };
}

function failureOf(error: Error, signal: AbortSignal): string {
  return signal.aborted ? "context deadline exceeded (the probe's timeoutSeconds)" : error.message;
}
