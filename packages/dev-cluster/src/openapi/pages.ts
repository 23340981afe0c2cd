import { createHash } from "node:crypto";
import type { Exchange } from "../http/exchange.ts";
import type { Catalog } from "../registry/catalog.ts";
import { customDocument } from "./custom-document.ts";
import { documentPaths, documentText, kubernetesVersion } from "./documents.ts";

/** Serves `/openapi/v3`: an index with a hash for each group-version, and the documents. */
export class OpenApiPages {
  readonly #catalog: Catalog;
  readonly #builtIn = new Set(documentPaths());
  readonly #texts = new Map<string, { generation: number; text: string }>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  answer(exchange: Exchange, path: string): void {
    if (path === "/openapi/v3") {
      exchange.send(200, { paths: this.#index() });
      return;
    }
    const name = path.slice("/openapi/v3/".length);
    const text = this.#text(name);
    if (text === undefined) {
      exchange.sendText(404, "", {});
      return;
    }
    const etag = `"${hashOf(text)}"`;
    const asked = exchange.query.get("hash");
    // A URL with the hash names this very text for ever.
    const caching: Record<string, string> = asked ? { "cache-control": "public, max-age=31536000, immutable" } : {};
    if (exchange.header("if-none-match") === etag) exchange.sendText(304, "", { etag });
    else exchange.sendText(200, text, { "content-type": "application/json", etag, vary: "Accept", ...caching });
  }

  #index(): Record<string, { serverRelativeURL: string }> {
    const custom = this.#catalog.list().filter(({ group }) => this.#isCustom(group));
    const names = new Set([...this.#builtIn, ...custom.map(({ group, version }) => `apis/${group}/${version}`)]);
    return Object.fromEntries(
      [...names].map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${this.#hash(name)}` }]),
    );
  }

  /** The built-in documents change with the version only: reading them all for the index would slow the start. */
  #hash(name: string): string {
    const group = groupOf(name);
    if (!this.#isCustom(group)) return hashOf(`${kubernetesVersion()} ${name}`);
    return hashOf(this.#text(name) ?? "");
  }

  #isCustom(group: string | undefined): boolean {
    return group !== undefined && this.#catalog.isCustomGroup(group);
  }

  #text(name: string): string | undefined {
    const known = this.#texts.get(name);
    const group = groupOf(name);
    const generation = this.#isCustom(group) ? this.#catalog.generation : 0;
    if (known && known.generation === generation) return known.text;
    const text = this.#make(name, group);
    if (text !== undefined) this.#texts.set(name, { generation, text });
    return text;
  }

  #make(name: string, group: string | undefined): string | undefined {
    if (this.#builtIn.has(name)) return documentText(name.replaceAll("/", "__"));
    const version = name.split("/").at(-1) ?? "";
    if (group === undefined || !this.#catalog.isServedGroupVersion(group, version)) return undefined;
    const resources = this.#catalog.list().filter((info) => info.group === group && info.version === version);
    return JSON.stringify(customDocument(resources));
  }
}

/** The group of a document's name; undefined when the name is none. */
function groupOf(name: string): string | undefined {
  const [root, first, second] = name.split("/");
  return root === "apis" && second !== undefined ? first : undefined;
}

function hashOf(text: string): string {
  return createHash("sha512").update(text).digest("hex").toUpperCase();
}
