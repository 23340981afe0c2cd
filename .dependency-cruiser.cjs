/** The layers of ARCHITECTURE.md as rules: imports point down only. */
const layers = [
  ["kube-types", "mcp-messages"],
  ["kube-client", "resources"],
  ["operator-runtime", "mcp-proxy", "registry", "dev-cluster"],
  ["controllers", "conformance"],
];
const inside = (names) => `^packages/(${names.join("|")})/`;
const test = "\\.test\\.ts$|/testing/";

const upward = layers.slice(0, -1).map((names, index) => ({
  name: `layer-${index}-imports-nothing-above-it`,
  severity: "error",
  from: { path: inside(names), pathNot: test },
  to: { path: `${inside(layers.slice(index + 1).flat())}|^apps/` },
}));

const siblings = layers.flatMap((names) =>
  names.map((name) => ({
    name: `${name}-imports-no-sibling`,
    severity: "error",
    from: { path: inside([name]), pathNot: test },
    to: { path: inside(names.filter((other) => other !== name)) },
  })),
);

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    ...upward,
    ...siblings,
    {
      name: "dev-cluster-is-independent",
      comment: "Else its conformance would prove nothing: client and server could share a mistake.",
      severity: "error",
      from: { path: inside(["dev-cluster"]), pathNot: test },
      to: { path: inside(["kube-client", "operator-runtime", "resources"]) },
    },
    {
      name: "mcp-proxy-knows-no-kubernetes",
      severity: "error",
      from: { path: inside(["mcp-proxy", "mcp-messages"]) },
      to: { path: inside(["kube-types", "kube-client", "resources"]) },
    },
    {
      name: "the-sdk-is-for-tests-and-clients",
      severity: "error",
      from: { path: "^packages/", pathNot: test },
      to: { path: "node_modules/@modelcontextprotocol/" },
    },
    {
      name: "no-import-through-another-package's-folder",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: {
        path: "^(packages|apps)/",
        pathNot: ["^$1/$2/", "^packages/[^/]+/src/((testing/)?index\\.ts$|generated/)"],
      },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
