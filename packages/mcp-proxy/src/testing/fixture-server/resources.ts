import { type Result, RpcFailure, redPixel } from "./context.ts";

export const resourceList = [
  {
    uri: "test://static-text",
    name: "Static text",
    description: "A text that does not change",
    mimeType: "text/plain",
  },
  { uri: "test://static-binary", name: "Static image", description: "A red pixel", mimeType: "image/png" },
  { uri: "test://watched-resource", name: "Watched", description: "Can be subscribed to", mimeType: "text/plain" },
];

export const templateList = [
  {
    uriTemplate: "test://template/{id}/data",
    name: "Template",
    description: "Data for an id",
    mimeType: "application/json",
  },
];

export function readResource(uri: unknown, era: "legacy" | "modern"): Result {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(String(uri))?.[1];
  if (id !== undefined) {
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
    return { contents: [{ uri, mimeType: "application/json", text }] };
  }
  switch (uri) {
    case "test://static-text":
      return { contents: [{ uri, mimeType: "text/plain", text: "This is the content of the static text resource." }] };
    case "test://static-binary":
      return { contents: [{ uri, mimeType: "image/png", blob: redPixel }] };
    case "test://watched-resource":
      return { contents: [{ uri, mimeType: "text/plain", text: "Watched" }] };
    default:
      throw new RpcFailure(era === "modern" ? -32602 : -32002, "Resource not found", { uri });
  }
}
