/** Loaded for whoever speaks YAML first: no program does, and a start would be longer for it. */
export { isScalar, LineCounter, parseAllDocuments, parseDocument, stringify, visit } from "yaml";
