/** What an image says about how to run it. */
export type ImageReference =
  | { form: "npx" | "uvx"; package: PackageReference }
  | { form: "container"; repository: string };

/** A package of a registry, `version` as written: a version, a tag, a range, or nothing. */
export interface PackageReference {
  name: string;
  version?: string;
}

const packageName = {
  npx: /^(@[a-z0-9~][a-z0-9-._~]*\/)?[a-z0-9~][a-z0-9-._~]*$/i,
  uvx: /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i,
};

/**
 * Parses a container's image: `npx://PACKAGE@VERSION`, `uvx://PACKAGE@VERSION`, or an image of a container registry.
 * Returns a text that says what is wrong when it is none of them.
 */
export function parseImage(image: string): ImageReference | string {
  const scheme = /^([a-z]+):\/\/(.*)$/i.exec(image);
  if (!scheme) return { form: "container", repository: withoutTag(image) };
  const [, form, rest = ""] = scheme;
  if (form !== "npx" && form !== "uvx") {
    return `image "${image}" has the unknown scheme "${form}": use npx://PACKAGE@VERSION, uvx://PACKAGE@VERSION or an image of a container registry`;
  }
  const parsed = parsePackage(form, rest);
  return parsed ? { form, package: parsed } : `image "${image}" does not name a package: use ${form}://PACKAGE@VERSION`;
}

/** Parses `PACKAGE@VERSION`; for Python packages also `PACKAGE==VERSION`. `undefined` when it is neither. */
export function parsePackage(form: "npx" | "uvx", text: string): PackageReference | undefined {
  const separator = form === "uvx" && text.includes("==") ? text.indexOf("==") : text.indexOf("@", 1);
  const name = separator === -1 ? text : text.slice(0, separator);
  const version = separator === -1 ? undefined : text.slice(separator).replace(/^(==|@)/, "");
  if (!packageName[form].test(name)) return undefined;
  // Nothing that a command line or a path could take for something else.
  if (version !== undefined && !/^[a-z0-9^~<>=*][a-z0-9.+^~<>=*_-]*$/i.test(version)) return undefined;
  return { name, ...(version !== undefined && { version }) };
}

/** `name@version`, or the name alone. */
export function formatPackage({ name, version }: PackageReference): string {
  return version === undefined ? name : `${name}@${version}`;
}

/** `ghcr.io/moorage/moorage:1.2@sha256:…` without its tag and digest. */
function withoutTag(image: string): string {
  const [reference = ""] = image.split("@", 1);
  const colon = reference.lastIndexOf(":");
  return colon > reference.lastIndexOf("/") ? reference.slice(0, colon) : reference;
}
