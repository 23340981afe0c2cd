/** Loaded for kubeconfigs only: a client in a pod has none, and would start later for it. */
export { parse } from "yaml";
