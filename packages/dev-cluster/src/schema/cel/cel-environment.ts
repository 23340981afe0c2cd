import { Environment } from "@marcbachmann/cel-js";
import { registerAddresses } from "./address-library.ts";
import { registerComprehensions } from "./comprehension-library.ts";
import { registerFormats } from "./format-library.ts";
import { registerLists } from "./list-library.ts";
import { registerOptionals } from "./optional-library.ts";
import { registerQuantities } from "./quantity-library.ts";
import { registerSemver } from "./semver-library.ts";
import { registerText } from "./text-library.ts";
import { registerUrls } from "./url-library.ts";

/** CEL with what Kubernetes 1.36 adds to it. Source: `environment.MustBaseEnvSet` of k8s.io/apiserver. */
export function celEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    // Upstream wants items of one type, but for the arguments of format().
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  });
  registerQuantities(environment);
  registerUrls(environment);
  registerAddresses(environment);
  registerText(environment);
  registerFormats(environment);
  registerSemver(environment);
  registerLists(environment);
  registerOptionals(environment);
  registerComprehensions(environment);
  return environment;
}
