const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const callsPerSession = 50;

/** What clients have done so far. */
export interface Tally {
  sessions: number;
  calls: number;
  /** Answers that were not what was asked for; the first few texts. */
  readonly wrong: string[];
}

type Leave = (url: string, headers: Record<string, string>) => Promise<unknown>;

/** The ways in which clients leave: properly, without a word, in the middle of a call, with a stream open. */
const leaves: readonly Leave[] = [
  (url, headers) => fetch(url, { method: "DELETE", headers }),
  async () => {},
  (url, headers) => cutOff(url, { method: "POST", headers, body: message("tools/call", { name: "echo" }, 0) }),
  (url, headers) => cutOff(url, { method: "GET", headers }),
];

/** One client after the other, until `signal` says stop. */
export async function churn(url: string, tally: Tally, signal: AbortSignal): Promise<void> {
  for (let turn = Math.floor(Math.random() * leaves.length); !signal.aborted; turn += 1) {
    const headers = await opened(url);
    tally.sessions += 1;
    for (let call = 1; call <= callsPerSession && !signal.aborted; call += 1) await echo(url, headers, { call, tally });
    await leaves[turn % leaves.length]?.(url, headers);
  }
}

async function opened(url: string): Promise<Record<string, string>> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "soak", version: "1" } };
  const response = await fetch(url, { method: "POST", headers: accept, body: message("initialize", params, 0) });
  const text = await response.text();
  const session = response.headers.get("mcp-session-id");
  if (session === null) throw new Error(`No session: ${response.status} ${text}`);
  return { ...accept, "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
}

async function echo(
  url: string,
  headers: Record<string, string>,
  { call, tally }: { call: number; tally: Tally },
): Promise<void> {
  const text = crypto.randomUUID().repeat(call);
  const body = message("tools/call", { name: "echo", arguments: { text } }, call);
  const answer = await (await fetch(url, { method: "POST", headers, body })).text();
  tally.calls += 1;
  if (!answer.includes(`"${text}"`) && tally.wrong.length < 10) tally.wrong.push(answer.slice(0, 200));
}

async function cutOff(url: string, init: RequestInit): Promise<void> {
  const gone = new AbortController();
  const response = fetch(url, { ...init, signal: gone.signal });
  setTimeout(() => gone.abort(), 5);
  // Whether it was answered before it was cut off does not matter here.
  await response.then((answer) => answer.text()).catch(() => undefined);
}

function message(method: string, params: object, id: number): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}
