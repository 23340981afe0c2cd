/** Counts requests as `apiserver_request_total` does, so that tests can count the writes of a controller. */
export class RequestCounters {
  readonly #counts = new Map<string, { labels: RequestLabels; count: number }>();
  #inFlight = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  started(): void {
    this.#inFlight++;
  }

  finished(): void {
    this.#inFlight--;
  }

  count(labels: RequestLabels): void {
    const key = Object.values(labels).join(" ");
    const present = this.#counts.get(key);
    if (present) present.count++;
    else this.#counts.set(key, { labels, count: 1 });
  }

  /** Prometheus text format. */
  render(): string {
    const lines = [...this.#counts.values()].map(({ labels, count }) => {
      const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/["\\\n]/g, "")}"`);
      return `apiserver_request_total{${pairs.join(",")}} ${count}`;
    });
    return [
      "# HELP apiserver_request_total Counter of apiserver requests broken out for each verb, group, version, resource, subresource and HTTP response code.",
      "# TYPE apiserver_request_total counter",
      ...lines,
      "# HELP apiserver_current_inflight_requests Number of requests that are being served, watches aside.",
      "# TYPE apiserver_current_inflight_requests gauge",
      `apiserver_current_inflight_requests ${this.#inFlight}`,
      "",
    ].join("\n");
  }
}

/** What requests are counted by. */
export interface RequestLabels {
  code: string;
  group: string;
  resource: string;
  subresource: string;
  verb: string;
  version: string;
}
