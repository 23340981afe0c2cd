import { Type } from "typebox";

const rules = [
  {
    rule: "!self.startsWith('npx://') || self.matches('^npx://(@[a-z0-9~._-]+/)?[a-z0-9~._-]+@[0-9A-Za-z.+-]+$')",
    message: "an npm package must be npx://PACKAGE@VERSION with a fixed version, for example npx://@scope/server@1.2.3",
  },
  {
    rule: "!self.startsWith('uvx://') || self.matches('^uvx://[A-Za-z0-9._-]+@[0-9A-Za-z.+!-]+$')",
    message:
      "a Python package must be uvx://PACKAGE@VERSION with a fixed version, for example uvx://mcp-server-time@1.2.3",
  },
  {
    rule: "!self.contains('://') || self.startsWith('npx://') || self.startsWith('uvx://')",
    message: "must be an OCI image reference, npx://PACKAGE@VERSION or uvx://PACKAGE@VERSION",
  },
];

/** What a workload runs. */
export const imageSchema = Type.String({
  minLength: 1,
  maxLength: 512,
  description:
    "What to run: an OCI image reference, npx://PACKAGE@VERSION or uvx://PACKAGE@VERSION. " +
    "Packages run in Moorage's runner image, and in the dev cluster as local processes.",
  "x-kubernetes-validations": rules,
});
