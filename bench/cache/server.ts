/** An API server that has 20,000 Pods of about 5 KB and nothing else. Prints its port. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";

const count = Number(process.argv[2] ?? 20_000);
const bookmark = JSON.stringify({
  type: "BOOKMARK",
  object: { metadata: { resourceVersion: "90000", annotations: { "k8s.io/initial-events-end": "true" } } },
});

/** A third of it is others' managedFields, as in life. */
function pod(number: number): unknown {
  const name = `pod-${number}`;
  const env = Array.from({ length: 20 }, (_, n) => ({
    name: `VARIABLE_${n}`,
    value: `value-${number}-${n}-${"x".repeat(40)}`,
  }));
  const fields = Object.fromEntries(
    env.map((each) => [`k:{"name":"${each.name}"}`, { ".": {}, "f:name": {}, "f:value": {} }]),
  );
  const fieldsV1 = { "f:spec": { "f:containers": { 'k:{"name":"main"}': { "f:env": fields } } } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: `ns-${number % 50}`,
      uid: `00000000-0000-0000-0000-${String(number).padStart(12, "0")}`,
      resourceVersion: String(1000 + number),
      labels: { app: `app-${number % 100}`, "pod-template-hash": String(number) },
      managedFields: [
        { manager: "kube-controller-manager", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1 },
      ],
    },
    spec: {
      containers: [{ name: "main", image: "registry.example.com/team/app:1.2.3", env }],
      nodeName: `node-${number % 200}`,
    },
    status: { phase: "Running", podIP: `10.0.${number >> 8}.${number & 255}`, note: "y".repeat(600) },
  };
}

/** Pods from one number up to another, as text around each. */
async function send(
  response: ServerResponse,
  [from, to]: readonly [number, number],
  textOf: (object: string, number: number) => string,
): Promise<void> {
  for (let number = from; number < to; number++) {
    if (!response.write(textOf(JSON.stringify(pod(number)), number))) await once(response, "drain");
  }
}

async function sendEvents(response: ServerResponse): Promise<void> {
  await send(response, [0, count], (object) => `{"type":"ADDED","object":${object}}\n`);
  response.write(`${bookmark}\n`);
}

/** A page of `limit` Pods from the `continue`d one on; all without a limit. */
async function sendPage(response: ServerResponse, query: URLSearchParams): Promise<void> {
  const from = Number(query.get("continue") ?? 0);
  const to = Math.min(count, from + (Number(query.get("limit")) || count));
  const metadata = { resourceVersion: "90000", ...(to < count && { continue: String(to) }) };
  response.write(`{"apiVersion":"v1","kind":"PodList","metadata":${JSON.stringify(metadata)},"items":[`);
  await send(response, [from, to], (object, number) => (number === from ? object : `,${object}`));
  response.end("]}");
}

const noItems = JSON.stringify({ metadata: { resourceVersion: "90000" }, items: [] });

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const isPods = pathname.endsWith("/pods");
  response.writeHead(200, { "content-type": "application/json" });
  if (!searchParams.get("watch")) void (isPods ? sendPage(response, searchParams) : response.end(noItems));
  else if (!searchParams.get("sendInitialEvents")) response.flushHeaders();
  else if (isPods) void sendEvents(response);
  else response.write(`${bookmark}\n`);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.stdout.write(`${address.port}\n`);
});
