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

async function sendAll(response: ServerResponse): Promise<void> {
  let bytes = 0;
  for (let number = 0; number < count; number++) {
    const line = `${JSON.stringify({ type: "ADDED", object: pod(number) })}\n`;
    bytes += line.length;
    if (!response.write(line)) await once(response, "drain");
  }
  response.write(`${bookmark}\n`);
  process.stderr.write(`sent ${Math.round(bytes / 1e6)} MB\n`);
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  response.writeHead(200, { "content-type": "application/json" });
  if (!searchParams.get("watch")) response.end("{}");
  else if (pathname.endsWith("/pods")) void sendAll(response);
  else response.write(`${bookmark}\n`);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.stdout.write(`${address.port}\n`);
});
