import { accessRulesOf } from "@moorage/operator-runtime";
import { websiteController } from "./controller.ts";

const role = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name: "website-operator" },
  rules: accessRulesOf([websiteController]),
};
process.stdout.write(`${JSON.stringify(role, undefined, 2)}\n`);
