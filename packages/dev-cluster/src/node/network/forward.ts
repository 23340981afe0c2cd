import { connect, type Socket } from "node:net";

/** Where a connection can go. */
export interface Target {
  address: string;
  port: number;
}

/** How many endpoints a connection tries before its client is refused. */
const maxAttempts = 3;

/**
 * Connects `client` to a target and lets bytes through both ways.
 *
 * *Guarantees*: the end of one side's data ends only the other side's input; a reset of one side resets the other;
 * a slow reader slows its writer. `nextTarget` is asked again when a target refuses, as one that is just going away does, and told which ones were tried.
 */
export function forward(
  client: Socket,
  nextTarget: (tried: ReadonlySet<Target>) => Target | undefined,
  tried: ReadonlySet<Target> = new Set(),
): void {
  const target = nextTarget(tried);
  if (!target) {
    client.resetAndDestroy();
    return;
  }
  client.pause();
  client.setNoDelay(true);
  const upstream = connect({ host: target.address, port: target.port, allowHalfOpen: true, noDelay: true });
  const refused = () => {
    const all = new Set([...tried, target]);
    if (all.size < maxAttempts && !client.destroyed) forward(client, nextTarget, all);
    else client.resetAndDestroy();
  };
  upstream.once("error", refused);
  upstream.once("connect", () => {
    upstream.off("error", refused);
    join(client, upstream);
  });
}

function join(client: Socket, upstream: Socket): void {
  if (client.destroyed) {
    upstream.destroy();
    return;
  }
  link(client, upstream);
  link(upstream, client);
}

function link(from: Socket, to: Socket): void {
  from.pipe(to);
  from.once("error", () => to.resetAndDestroy());
  // Closed without an end of data: the other side must not wait for one.
  from.once("close", () => {
    if (!from.readableEnded) to.destroy();
  });
}
