/** JSON as YAML in the form that Go gives it: sorted keys, and texts in quotes that YAML 1.1 would take for something else. */
export async function yamlText(json: string): Promise<string> {
  const { stringify } = await import("./yaml.ts");
  const options = { sortMapEntries: true, indentSeq: false, lineWidth: 0, schema: "yaml-1.1" } as const;
  // A point alone is no number to Go: `managedFields` are full of them.
  return stringify(JSON.parse(json), options).replace(/^([ -]*)"\.":/gm, "$1.:");
}
