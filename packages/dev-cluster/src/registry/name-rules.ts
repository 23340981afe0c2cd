/** Returns what is wrong with a name or value, worded as `k8s.io/apimachinery/pkg/util/validation` does; undefined if nothing. */
export type Rule = (value: string) => string | undefined;

function regexRule(max: number, pattern: string, text: string, unit = "bytes"): Rule {
  const compiled = new RegExp(`^${pattern}$`);
  return (value) => {
    if (value.length > max) return `must be no more than ${max} ${unit}`;
    return compiled.test(value) ? undefined : `${text}, regex used for validation is '${pattern}')`;
  };
}

const labelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

// Upstream counts the same thing under two names.
const subdomain = (unit: string): Rule =>
  regexRule(
    253,
    `${labelPattern}(\\.${labelPattern})*`,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com'",
    unit,
  );

/** Names of most objects. */
export const dnsSubdomain = subdomain("characters");

const keyPrefix = subdomain("bytes");

/** Names of namespaces, containers, Services. */
export const dnsLabel = regexRule(
  63,
  labelPattern,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc'",
  "characters",
);

/** Keys in ConfigMaps and Secrets. */
export const configKey = regexRule(
  253,
  "[-._a-zA-Z0-9]+",
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name'",
  "characters",
);

/** Label values. */
export const labelValue = regexRule(
  63,
  "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345'",
);

const namePart = regexRule(
  63,
  "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]",
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc'",
);

/** Keys of labels and annotations, names of finalizers: `prefix/name` or `name`. */
export const qualifiedName: Rule = (value) => {
  const parts = value.split("/");
  if (parts.length > 2) {
    return `a valid label key ${"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"}`;
  }
  const name = parts.at(-1) ?? "";
  const prefix = parts.length === 2 ? (parts[0] ?? "") : undefined;
  if (prefix === "") return "prefix part must be non-empty";
  const prefixFault = prefix === undefined ? undefined : keyPrefix(prefix);
  if (prefixFault) return `prefix part ${prefixFault}`;
  const fault = name === "" ? "must be non-empty" : namePart(name);
  return fault === undefined ? undefined : `name part ${fault}`;
};

/** Names that may hold anything a URL path segment can: RBAC objects. */
export const pathSegment: Rule = (value) => {
  if (value === "." || value === "..") return `may not be '${value}'`;
  const bad = ["/", "%"].find((character) => value.includes(character));
  return bad === undefined ? undefined : `may not contain '${bad}'`;
};
