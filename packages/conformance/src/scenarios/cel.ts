import type { Scenario } from "../scenario.ts";
import { create, patch, read, remove, type Step } from "../step.ts";

const text = { type: "string", maxLength: 30 };

/** A kind whose objects are refused with every expression that is true; one that is not, or fails, shows as well. */
function definition(expressions: readonly string[]): Step {
  const rules = expressions.map((expression) => ({ rule: `!(${expression})` }));
  const spec = {
    type: "object",
    "x-kubernetes-validations": rules,
    properties: {
      s: text,
      n: { type: "integer" },
      list: { type: "array", maxItems: 5, items: { type: "integer" } },
      names: { type: "array", maxItems: 5, items: text },
      map: { type: "object", maxProperties: 5, additionalProperties: text },
      when: { type: "string", format: "date-time" },
      "with-dash": text,
      namespace: text,
    },
  };
  return crd({ type: "object", properties: { spec } });
}

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const path = "/apis/{ns}.example.com/v1/namespaces/{ns}/exprs";
const served: Step = { ...read(path), until: 200 };

function crd(schema: object): Step {
  return create(crds, {
    metadata: { name: "exprs.{ns}.example.com" },
    spec: {
      group: "{ns}.example.com",
      scope: "Namespaced",
      names: { kind: "Expr", plural: "exprs" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
}

const object = (spec: object): object => ({
  apiVersion: "{ns}.example.com/v1",
  kind: "Expr",
  metadata: { name: "a" },
  spec,
});
const example = object({
  s: "text",
  n: 3,
  list: [3, 1, 2],
  names: ["b", "a"],
  map: { x: "y" },
  when: "2026-01-02T03:04:05Z",
  "with-dash": "dashed",
  namespace: "spaced",
});

const cases: [name: string, ...expressions: string[]][] = [
  [
    "quantities",
    "quantity('1Gi').asInteger() == 1073741824",
    "quantity('500m').asApproximateFloat() == 0.5",
    "quantity('1.5').isInteger() == false",
    "quantity('1Ki').compareTo(quantity('1k')) == 1",
    "quantity('100m').isLessThan(quantity('0.2')) == true",
    "quantity('1').add(quantity('500m')).isGreaterThan(quantity('1499m')) == true",
    "quantity('3').sub(2).asInteger() == 1",
    "sign(quantity('-5')) == -1",
    "isQuantity('5x') == false && isQuantity('5Mi') == true && isQuantity('1e3') == true",
    "(quantity('1000') == quantity('1k')) == true",
    "quantity('1.5').asInteger() == 1",
  ],
  [
    "URLs",
    "url('https://user@example.com:8080/a%20b?x=1&x=2&y=').getHost() == 'example.com:8080'",
    "url('https://example.com:8080/a').getHostname() == 'example.com'",
    "url('https://[::1]:80/').getHostname() == '::1' && url('https://[::1]:80/').getPort() == '80'",
    "url('https://example.com/a%20b/c').getEscapedPath() == '/a%20b/c'",
    "url('https://example.com').getEscapedPath() == ''",
    "url('HTTPS://example.com').getScheme() == 'https'",
    "url('https://example.com/?x=1&x=2').getQuery()['x'] == ['1', '2']",
    "isURL('https://example.com') == true && isURL('../x') == false && isURL('/x') == true && isURL('x') == false && isURL('') == false",
    "isURL('https://a b') == false && isURL('https://a:b/') == false && isURL('mailto:a') == true",
  ],
  [
    "addresses",
    "ip('192.168.0.1').family() == 4 && ip('::1').family() == 6",
    "string(ip('0:0::1')) == '::1'",
    "ip.isCanonical('::1') == true && ip.isCanonical('0::1') == false",
    "isIP('127.0.0.256') == false && isIP('::ffff:1.2.3.4') == false && isIP('fe80::1%eth0') == false",
    "ip('127.0.0.1').isLoopback() == true && ip('::1').isLoopback() == true",
    "ip('0.0.0.0').isUnspecified() == true && ip('::').isUnspecified() == true",
    "ip('10.0.0.1').isGlobalUnicast() == true && ip('224.0.0.1').isGlobalUnicast() == false",
    "ip('169.254.1.1').isLinkLocalUnicast() == true && ip('fe80::1').isLinkLocalUnicast() == true",
    "ip('224.0.0.1').isLinkLocalMulticast() == true && ip('ff02::1').isLinkLocalMulticast() == true",
    "(ip('10.0.0.1') == ip('10.0.0.1')) == true",
  ],
  [
    "networks",
    "string(cidr('10.1.2.3/8')) == '10.1.2.3/8' && string(cidr('10.1.2.3/8').masked()) == '10.0.0.0/8'",
    "cidr('10.0.0.0/8').containsIP('10.9.9.9') == true && cidr('10.0.0.0/8').containsIP(ip('11.0.0.1')) == false",
    "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') == true && cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8')) == false",
    "cidr('fd00::/8').prefixLength() == 8 && string(cidr('10.1.2.3/8').ip()) == '10.1.2.3'",
    "isCIDR('10.0.0.0/33') == false && isCIDR('10.0.0.0') == false && isCIDR('::/0') == true",
  ],
  [
    "regular expressions",
    "'abc 123 def 456'.find('[0-9]+') == '123'",
    "'abc'.find('[0-9]+') == ''",
    "'123 abc 456'.findAll('[0-9]+') == ['123', '456']",
    "'1 2 3'.findAll('[0-9]', 2) == ['1', '2']",
    "'a.b'.matches('^a\\\\.b$') == true",
    "'ABC'.find('(?i)b') == 'B'",
  ],
  [
    "lists",
    "self.list.isSorted() == false && [1, 2].isSorted() == true",
    "self.list.sum() == 6 && [1.5, 2.0].sum() == 3.5",
    "self.list.min() == 1 && self.list.max() == 3 && self.names.min() == 'a'",
    "self.list.indexOf(1) == 1 && self.list.lastIndexOf(9) == -1 && [1, 2, 1].lastIndexOf(1) == 2",
    "self.names.sort() == ['a', 'b']",
    "[1, 2, 1].distinct() == [1, 2]",
    "self.list.reverse() == [2, 1, 3]",
    "self.list.slice(1, 3) == [1, 2]",
    "[[1, 2], [3]].flatten() == [1, 2, 3]",
    "lists.range(3) == [0, 1, 2]",
    "self.list.sortBy(x, -x) == [3, 2, 1]",
    "self.list.first().value() == 3 && self.list.last().value() == 2 && !lists.range(0).first().hasValue()",
  ],
  [
    "sets",
    "sets.contains(self.list, [1, 2]) == true && sets.contains(self.list, [9]) == false",
    "sets.equivalent([1, 2, 1], [2, 1]) == true && sets.equivalent([1], [2]) == false",
    "sets.intersects(self.names, ['a', 'z']) == true && sets.intersects([1], [2]) == false",
  ],
  [
    "texts",
    "'hello'.charAt(1) == 'e' && 'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'",
    "'hello'.indexOf('l') == 2 && 'hello'.indexOf('l', 3) == 3 && 'hello'.lastIndexOf('l') == 3",
    "'TeSt'.lowerAscii() == 'test' && 'TeSt'.upperAscii() == 'TEST'",
    "'a-b-c'.replace('-', '+') == 'a+b+c' && 'a-b-c'.replace('-', '+', 1) == 'a+b-c'",
    "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']",
    "'  x '.trim() == 'x'",
    "'%s is %d, %.2f, %x, %b'.format(['a', 5, 1.5, 255, 5]) == 'a is 5, 1.50, ff, 101'",
    "'%s %s'.format([[1, 2], {'a': 1}]) == '[1, 2] {\"a\":1}'",
    'strings.quote(\'say "hi"\') == \'"say \\\\"hi\\\\""\'',
    "self.s == 'text' && size(self.s) == 4 && 'ü'.size() == 1",
  ],
  [
    "formats",
    "format.dns1123Label().validate('my-name').hasValue() == false && format.dns1123Label().validate('My').hasValue() == true",
    "format.dns1123Subdomain().validate('A_').value() == ['a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \\'-\\' or \\'.\\', and must start and end with an alphanumeric character (e.g. \\'example.com\\', regex used for validation is \\'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\')']",
    "format.dns1035Label().validate('1a').value() == ['a DNS-1035 label must consist of lower case alphanumeric characters or \\'-\\', start with an alphabetic character, and end with an alphanumeric character (e.g. \\'my-name\\',  or \\'abc-123\\', regex used for validation is \\'[a-z]([-a-z0-9]*[a-z0-9])?\\')']",
    "format.qualifiedName().validate('a/b/c').value() == ['a valid label key must consist of alphanumeric characters, \\'-\\', \\'_\\' or \\'.\\', and must start and end with an alphanumeric character (e.g. \\'MyName\\',  or \\'my.name\\',  or \\'123-abc\\', regex used for validation is \\'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\\') with an optional DNS subdomain prefix and \\'/\\' (e.g. \\'example.com/MyName\\')']",
    "format.labelValue().validate('a b').value() == ['a valid label must be an empty string or consist of alphanumeric characters, \\'-\\', \\'_\\' or \\'.\\', and must start and end with an alphanumeric character (e.g. \\'MyValue\\',  or \\'my_value\\',  or \\'12345\\', regex used for validation is \\'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\\')']",
    "format.dns1123LabelPrefix().validate('my-').hasValue() == false && format.uuid().validate('x').hasValue() == true",
    "format.named('date').value().validate('2021-01-01').hasValue() == false && format.named('nothing').hasValue() == false",
    "format.uri().validate('x').value() == ['parse \"x\": invalid URI for request']",
    "format.byte().validate('%').value() == ['invalid base64'] && format.datetime().validate('x').value() == ['invalid datetime']",
  ],
  [
    "semantic versions",
    "semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3",
    "semver('1.2.3').compareTo(semver('1.10.0')) == -1 && semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) == true",
    "semver('1.0.0-alpha').isLessThan(semver('1.0.0-alpha.1')) == true && semver('1.0.0-2').isGreaterThan(semver('1.0.0-10')) == false",
    "isSemver('1.2') == false && isSemver('v1.2.3') == false && isSemver('v1.2', true) == true && isSemver('01.2.3', true) == true",
    "(semver('v1.2', true) == semver('1.2.0')) == true",
  ],
  [
    "optionals",
    "(self.?s.hasValue()) == true && self.?__namespace__.orValue('none') == 'spaced'",
    "(self.?map.x.orValue('none')) == 'y' && (self.map[?'z'].orValue('none')) == 'none'",
    "optional.of(1).optMap(x, x + 1).value() == 2",
    "optional.none().hasValue() == false && (self.?n.optMap(x, x * 2).orValue(0)) == 6",
    "!optional.ofNonZeroValue('').hasValue() && optional.of('a').or(optional.of('b')).value() == 'a'",
  ],
  [
    "comprehensions over two variables",
    "(self.list.all(i, v, i < 3 && v > 0)) == true && (self.list.exists(i, v, i == v)) == true",
    "(self.map.all(k, v, k == 'x' && v == 'y')) == true && (self.list.existsOne(i, v, v == 3)) == true",
    "self.list.transformList(i, v, string(i * v)) == ['0', '1', '4'] && self.list.transformList(i, v, i > 0, v) == [1, 2]",
    "self.map.transformMap(k, v, k + v)['x'] == 'xy' && (self.map.transformMap(k, v, k == 'q', v).size()) == 0",
    "self.map.transformMapEntry(k, v, {v: k})['y'] == 'x'",
  ],
  [
    "names, times and numbers",
    "self.with__dash__dash == 'dashed' && self.__namespace__ == 'spaced'",
    "self.when.getFullYear() == 2026 && self.when.getMonth() == 0 && self.when.getHours() == 3",
    "(self.when < timestamp('2027-01-01T00:00:00Z')) == true && duration('90s').getMinutes() == 1",
    "self.n / 2 == 1 && self.n % 2 == 1 && double(self.n) / 2.0 == 1.5",
    "int('5') + self.n == 8 && (self.n > 2.5) == true",
    "self.names.map(x, x + '!') == ['b!', 'a!'] && (self.names.exists_one(x, x == 'a')) == true",
    "(has(self.s) && !has(self.map.z) ? 'yes' : 'no') == 'yes'",
    "(type(self.n) == int) == true && (self.s in ['text']) == true && ('x' in self.map) == true",
  ],
];

const transitions: [name: string, rule: object, ...steps: Step[]][] = [
  [
    "an optional old value",
    { rule: "!oldSelf.hasValue() || oldSelf.value().n <= self.n", optionalOldSelf: true, message: "must not shrink" },
    create(path, object({ n: 3 })),
    patch("merge", `${path}/a`, { spec: { n: 4 } }),
    patch("merge", `${path}/a`, { spec: { n: 1 } }),
  ],
  [
    "a reason and a field",
    { rule: "self.n < 3", reason: "FieldValueForbidden", fieldPath: ".n" },
    create(path, object({ n: 3 })),
  ],
  ["a duplicate as reason", { rule: "self.n < 3", reason: "FieldValueDuplicate" }, create(path, object({ n: 3 }))],
  [
    "a message made of the value",
    { rule: "self.n < 3", messageExpression: "'%d is too much'.format([self.n])" },
    create(path, object({ n: 3 })),
  ],
  ["a rule that fails", { rule: "self.map['nothing'] == 'x'" }, create(path, object({ map: {} }))],
];

const plain = {
  type: "object",
  properties: { n: { type: "integer" }, map: { type: "object", maxProperties: 3, additionalProperties: text } },
};

/** Definitions whose rules are refused. */
const refused: [name: string, rule: object][] = [
  ["an unknown reason", { rule: "self.n < 3", reason: "Other" }],
  ["no rule", { rule: "" }],
  ["a field path that is none", { rule: "self.n < 3", fieldPath: ".none" }],
];

const tearDown = [remove(`${crds}/exprs.{ns}.example.com`)];
const ruled = (rule: object): Step =>
  crd({ type: "object", properties: { spec: { ...plain, "x-kubernetes-validations": [rule] } } });

/** CEL in CustomResourceDefinitions: what Kubernetes adds to the language, and what rules may do. */
export const celScenarios: readonly Scenario[] = [
  ...cases.map(([name, ...expressions]) => ({
    name: `CEL: ${name}`,
    setUp: [definition(expressions), served],
    steps: [create(path, example)],
    tearDown,
  })),
  ...transitions.map(([name, rule, ...steps]) => ({
    name: `CEL: ${name}`,
    setUp: [ruled(rule), served],
    steps,
    tearDown,
  })),
  ...refused.map(([name, rule]) => ({ name: `CEL: ${name}`, steps: [ruled(rule)], tearDown })),
];
