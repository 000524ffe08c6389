// The help texts of fields, from the schema that also makes the launch form.

export type FieldHelp = (section: string, path: string) => string | undefined;

interface Node {
  description?: string;
  properties?: Record<string, Node>;
  $ref?: string;
  anyOf?: Node[];
  oneOf?: Node[];
  $defs?: Record<string, Node>;
}

/** Finds the help of `path` in a section; the section `run` is what stands at the top. */
export function helpOf(schema: unknown): FieldHelp {
  const root = (schema ?? {}) as Node;
  const follow = (node: Node): Node => (node.$ref ? follow(root.$defs?.[node.$ref.split("/").at(-1) ?? ""] ?? {}) : node);
  const find = (node: Node, parts: readonly string[]): string | undefined => {
    const [name = "", ...rest] = parts;
    const here = follow(node);
    const child = here.properties?.[name];
    if (child) return rest.length === 0 ? child.description : find(child, rest);
    for (const one of [...(here.anyOf ?? []), ...(here.oneOf ?? [])]) {
      const found = find(one, parts);
      if (found) return found;
    }
    return undefined;
  };
  return (section, path) => find(root, [...(section === "run" ? [] : [section]), ...path.split(".")]);
}
