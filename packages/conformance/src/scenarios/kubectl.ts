import type { KubectlOutcome } from "../kubectl.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

type Command = readonly [command: string, input?: string];

const configMap = (value: string, more = ""): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: ${value}\n${more}`;
const deployment = (image: string): string =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}"}]}
`;
const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.{ns}.example.com}
spec:
  group: "{ns}.example.com"
  scope: Namespaced
  names: {kind: Thing, plural: things, shortNames: ["{ns}-th"]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    schema:
      openAPIV3Schema:
        type: object
        description: A thing
        properties:
          spec:
            type: object
            description: What is wanted
            properties: {size: {type: integer, minimum: 0, description: How large it is}}
          status: {type: object, properties: {size: {type: integer}}}
`;
const thing = (size: number): string =>
  `apiVersion: "{ns}.example.com/v1"\nkind: Thing\nmetadata: {name: a}\nspec: {size: ${size}}\n`;
const things = "things.{ns}.example.com";

const cases: [name: string, ...commands: Command[]][] = [
  ["nothing there", ["get pods"], ["get pods -o name"], ["get configmaps none"], ["get frobs"]],
  [
    "creating by words",
    ["create configmap a --from-literal=k=v"],
    ["get configmap a -o jsonpath={.data}"],
    ["create configmap a --from-literal=k=v"],
  ],
  [
    "apply, again, and otherwise",
    ["apply -f -", configMap("v")],
    ["apply -f -", configMap("v")],
    ["apply -f -", configMap("w")],
    ["get configmap a -o jsonpath={.data.k}"],
  ],
  [
    "apply that removes a key",
    ["apply -f -", configMap("v", "  l: w\n")],
    ["apply -f -", configMap("v")],
    ["get configmap a -o jsonpath={.data}"],
  ],
  [
    "apply on dry runs",
    ["apply --dry-run=client -f -", configMap("v")],
    ["apply --dry-run=server -f -", configMap("v")],
    ["get configmaps a"],
  ],
  [
    "apply of an unknown field",
    ["apply -f -", configMap("v", "other: 1\n")],
    ["apply --validate=ignore -f -", configMap("v", "other: 1\n")],
    ["apply --validate=warn -f -", configMap("v", "more: 1\n")],
  ],
  [
    "apply of what is refused",
    ["apply -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b}\n"],
    ["apply -f -", "apiVersion: v1\nkind: Frob\nmetadata: {name: a}\n"],
    ["apply -f -", deployment("web").replace("{app: web}}\n  template", "{app: other}}\n  template")],
  ],
  [
    "server-side apply",
    ["apply --server-side -f -", configMap("v")],
    ["apply --server-side -f -", configMap("w")],
    ["get configmap a -o jsonpath={.metadata.managedFields[*].manager}"],
  ],
  [
    "server-side apply of two",
    ["apply --server-side --field-manager=one -f -", configMap("v")],
    ["apply --server-side --field-manager=two -f -", configMap("w")],
    ["apply --server-side --field-manager=two --force-conflicts -f -", configMap("w")],
  ],
  [
    "from client-side to server-side apply",
    ["apply -f -", configMap("v", "  l: w\n")],
    ["apply --server-side -f -", configMap("v")],
    ["get configmap a -o jsonpath={.data} --show-managed-fields"],
    ["get configmap a -o jsonpath={.metadata.managedFields[*].operation}"],
  ],
  [
    "and back",
    ["apply --server-side -f -", configMap("v")],
    ["apply -f -", configMap("w")],
    ["apply --server-side -f -", configMap("x")],
    ["apply --server-side --force-conflicts -f -", configMap("x")],
  ],
  [
    "a Deployment by words",
    ["create deployment web --image=web --replicas=0"],
    ["get deployment web"],
    ["get deployment web -o wide"],
    ["set image deployment/web web=web:2"],
    ["set env deployment/web A=b"],
    ["scale deployment/web --replicas=0"],
    ["get deployment web -o jsonpath={.spec.template.spec}"],
  ],
  [
    "a roll-out of no pods",
    ["apply -f -", deployment("web:1")],
    ["rollout status deployment/web --timeout=60s"],
    ["set image deployment/web web=web:2"],
    ["rollout status deployment/web --timeout=60s"],
    ["rollout history deployment/web"],
    ["rollout undo deployment/web"],
    ["rollout status deployment/web --timeout=60s"],
    ["get deployment web -o jsonpath={.spec.template.spec.containers[0].image}"],
    ["rollout pause deployment/web"],
    ["rollout resume deployment/web"],
    ["rollout restart deployment/web"],
  ],
  [
    "labels and annotations",
    ["create configmap a"],
    ["label configmap a x=y"],
    ["label configmap a x=z"],
    ["label --overwrite configmap a x=z"],
    ["annotate configmap a note=hello"],
    ["get configmaps -l x=z --show-labels"],
    ["label configmap a x-"],
    ["get configmap a -o jsonpath={.metadata.annotations}"],
  ],
  [
    "patches",
    ["apply -f -", deployment("web")],
    ['patch deployment web -p {"spec":{"template":{"spec":{"containers":[{"name":"web","image":"web:3"}]}}}}'],
    ['patch deployment web --type=merge -p {"spec":{"paused":true}}'],
    ['patch deployment web --type=json -p [{"op":"replace","path":"/spec/paused","value":false}]'],
    ['patch deployment web --type=json -p [{"op":"remove","path":"/spec/none"}]'],
    ["get deployment web -o jsonpath={.spec.template.spec.containers[0].image}"],
  ],
  [
    "deletions",
    ["create configmap a"],
    ["create configmap b"],
    ["delete configmap a --dry-run=server"],
    ["delete configmap a b"],
    ["delete configmap a"],
    ["delete configmap a --ignore-not-found"],
    ["delete configmaps -l x=y"],
  ],
  [
    "waiting",
    ["apply -f -", deployment("web")],
    ["wait deployment/web --for=jsonpath={.status.observedGeneration}=1 --timeout=60s"],
    ["wait deployment/web --for=condition=Available --timeout=60s"],
    ["delete deployment web --wait=false"],
    ["wait deployment/web --for=delete --timeout=60s"],
    ["wait deployment/none --for=condition=Available --timeout=1s"],
  ],
  [
    "replacing",
    ["create -f -", configMap("v")],
    ["replace -f -", configMap("w")],
    ["replace --force -f -", configMap("x")],
    ["get configmap a -o jsonpath={.data.k}"],
    ["replace -f -", configMap("x").replace("name: a", "name: none")],
  ],
  [
    "explaining",
    ["explain deployment.spec.strategy"],
    ["explain pods.spec.containers.livenessProbe.httpGet"],
    ["explain configmap --recursive"],
    ["explain hpa.spec.metrics --api-version=autoscaling/v2"],
    ["explain pods.none"],
  ],
  [
    "a custom kind",
    ["apply -f -", definition],
    [`wait crd/${things} --for=condition=Established --timeout=60s`],
    ["apply -f -", thing(1)],
    [`get ${things}`],
    [`scale ${things}/a --replicas=3`],
    [`get ${things} a -o jsonpath={.spec.size}`],
    ["apply -f -", thing(-1)],
    [`explain ${things}.spec`],
    [`patch ${things} a --type=merge --subresource=status -p {"status":{"size":2}}`],
    [`delete crd ${things}`],
  ],
  [
    "what one may do",
    ["auth can-i create pods"],
    ["auth can-i create pods --as=jane"],
    ["auth can-i get /healthz --as=jane"],
    ["auth can-i create frobs"],
    ["auth can-i --list --as=jane"],
  ],
  [
    "rights by words",
    ["create serviceaccount robot"],
    ["create role reader --verb=get,list --resource=pods,deployments.apps"],
    ["create rolebinding readers --role=reader --serviceaccount={ns}:robot"],
    ["get role reader -o jsonpath={.rules}"],
    ["describe rolebinding readers"],
    ["describe role reader"],
    ["auth can-i list pods --as=system:serviceaccount:{ns}:robot"],
    ["create role bad --verb=get --resource=frobs"],
  ],
  [
    "objects by words",
    ["create secret generic s --from-literal=k=v"],
    ["create quota q --hard=pods=3"],
    ["create service clusterip s --tcp=80:8080"],
    ["create job j --image=web --dry-run=server -o name"],
    ["create cronjob c --image=web --schedule=0_0_1_1_* --dry-run=client -o name"],
    ["create ingress i --rule=example.com/*=s:80"],
    ["get secret,quota,service,ingress -o name"],
    ["describe secret s"],
  ],
  [
    "pods by words",
    ["run p --image=web"],
    ["get pod p"],
    ["get pod p -o wide"],
    ["get pod p -o jsonpath={.spec.restartPolicy}"],
    ["expose pod p --port=80"],
    ["get service p -o jsonpath={.spec.selector}"],
    ["delete pod p --now"],
    ["logs none"],
    ["exec none -- ls"],
  ],
  [
    "forms of lists",
    ["create configmap b --from-literal=k=2"],
    ["create configmap a --from-literal=k=1"],
    ["get configmap a b"],
    ["get configmap a b -o name"],
    ["get configmap a b -o custom-columns=NAME:.metadata.name,K:.data.k"],
    ["get configmaps --sort-by=.data.k -l none"],
    ["get configmap a -o go-template={{.data.k}}"],
    ["get configmaps --field-selector=metadata.name=b --no-headers"],
    ["get configmaps --chunk-size=1 -o name"],
  ],
  ["raw answers", ["get --raw /readyz"], ["get --raw /api/v1/namespaces/{ns}/configmaps/none"], ["get --raw /none"]],
  [
    "impersonation",
    ["get pods --as=jane"],
    ["get pods --as=jane --as-group=system:masters"],
    ["create configmap a --as=jane"],
  ],
];

/** A command's words; an underscore stands for a space in one. */
const wordsOf = (command: string): string[] =>
  command.split(" ").map((word) => (word.startsWith("--schedule") ? word.replaceAll("_", " ") : word));

/** Ages, and the columns that are as wide as what is in them, are different every time. */
const shownText = (text: string): string =>
  text
    .replace(/\b\d+(\.\d+)?(ms|s|m)\b/g, "<age>")
    .replace(/(ca-)?[0-9a-f]{64}/g, "<digest>")
    .replace(/ +/g, " ")
    .replace(/ +$/gm, "");

const shown = ({ code, stdout, stderr }: KubectlOutcome): unknown => ({
  code,
  stdout: shownText(stdout),
  stderr: shownText(stderr),
});

/** What a person sees who uses kubectl. */
export const kubectlScenarios: readonly Scenario[] = cases.map(([name, ...commands]) => ({
  name: `kubectl: ${name}`,
  steps: async (stage: Stage) => {
    const outcomes: unknown[] = [];
    for (const [command, input] of commands) {
      outcomes.push({ command, ...Object(shown(await stage.kubectl(wordsOf(command), input))) });
    }
    return outcomes;
  },
}));
