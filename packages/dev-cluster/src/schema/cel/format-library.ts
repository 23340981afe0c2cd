import { type Environment, Optional } from "@marcbachmann/cel-js";
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName, type Rule } from "../../registry/name-rules.ts";

/** A named format of texts. */
class Format {
  readonly check: Rule;

  constructor(check: Rule) {
    this.check = check;
  }
}

const dns1035Pattern = "[a-z]([-a-z0-9]*[a-z0-9])?";
const dns1035: Rule = (text) => {
  if (text.length > 63) return "must be no more than 63 bytes";
  const isLabel = new RegExp(`^${dns1035Pattern}$`).test(text);
  const what =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123'";
  return isLabel ? undefined : `${what}, regex used for validation is '${dns1035Pattern}')`;
};

/** A prefix may end in a dash: the generated part follows it. */
const prefix =
  (rule: Rule): Rule =>
  (text) =>
    rule(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -1)}a` : text);

const matching =
  (pattern: RegExp, fault: string): Rule =>
  (text) =>
    pattern.test(text) ? undefined : fault;

const uri: Rule = (text) => {
  if (text === "") return 'parse "": empty url';
  const isAbsolute = text.startsWith("/") || /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text);
  return isAbsolute ? undefined : `parse ${JSON.stringify(text)}: invalid URI for request`;
};

const day = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const moment = /^\d{4}-\d{2}-\d{2}[tT ]\d{2}:\d{2}:\d{2}(\.\d+)?([zZ]|[+-]\d{2}:?\d{2})?$/;

const formats: Readonly<Record<string, Format>> = {
  dns1123Label: new Format(dnsLabel),
  dns1123Subdomain: new Format(dnsSubdomain),
  dns1035Label: new Format(dns1035),
  qualifiedName: new Format(qualifiedName),
  dns1123LabelPrefix: new Format(prefix(dnsLabel)),
  dns1123SubdomainPrefix: new Format(prefix(dnsSubdomain)),
  dns1035LabelPrefix: new Format(prefix(dns1035)),
  labelValue: new Format(labelValue),
  uri: new Format(uri),
  uuid: new Format(
    matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i, "does not match the UUID format"),
  ),
  byte: new Format(
    matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/, "invalid base64"),
  ),
  date: new Format((text) => (day.test(text) && !Number.isNaN(Date.parse(text)) ? undefined : "invalid date")),
  datetime: new Format((text) =>
    moment.test(text) && !Number.isNaN(Date.parse(text)) ? undefined : "invalid datetime",
  ),
};

/** Functions are called as `format.named(…)` and `format.dns1123Label()`. */
class FormatNamespace {}

function validate({ check }: Format, text: string): Optional<string[]> {
  const fault = check(text);
  return fault === undefined ? Optional.none() : Optional.of([fault]);
}

/** Named formats in CEL. Source: `library.Format` of k8s.io/apiserver. */
export function registerFormats(environment: Environment): void {
  environment
    .registerType("kubernetes.NamedFormat", Format)
    .registerType("FormatNamespace", FormatNamespace)
    .registerConstant("format", "FormatNamespace", new FormatNamespace())
    .registerFunction(
      "FormatNamespace.named(string): optional<kubernetes.NamedFormat>",
      (_format: FormatNamespace, name: string) => Optional.of(formats[name]),
    )
    .registerFunction("kubernetes.NamedFormat.validate(string): optional<list<string>>", validate);
  for (const [name, named] of Object.entries(formats)) {
    environment.registerFunction(`FormatNamespace.${name}(): kubernetes.NamedFormat`, () => named);
  }
}
