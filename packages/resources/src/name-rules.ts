/**
 * A name that can be that of a Service and of a StatefulSet: longer ones leave no room in the pods' labels
 * (kubernetes/kubernetes#64023).
 */
export const serviceNameRule = {
  rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$')",
  message:
    "metadata.name becomes the name of a Service: use at most 52 lower-case letters, digits and hyphens, starting with a letter",
};
