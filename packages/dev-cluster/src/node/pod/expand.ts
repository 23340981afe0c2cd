/**
 * Replaces `$(NAME)` by the variable's value; `$$(NAME)` becomes `$(NAME)`, and a name that is not defined stays as it is.
 * Source: `expansion.Expand` of Kubernetes.
 */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, escaped: string, name: string | undefined) => {
    if (escaped === "$") return "$";
    return name !== undefined && Object.hasOwn(variables, name) ? (variables[name] ?? whole) : whole;
  });
}
