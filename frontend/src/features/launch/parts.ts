/** The cards of the form: the configuration's sections, and one for the fields that stand in none. */

import type { SectionNode, UnionNode } from "./schema";
import { parsePath, type Path } from "./values";

/** Key of the card of fields without a section; no field can have this name. */
export const GENERAL = "*";

export interface Part {
  key: string;
  title: string;
  path: Path;
  node: SectionNode | UnionNode;
}

export function partsOf(root: SectionNode): Part[] {
  const loose = root.fields.filter((field) => field.kind !== "section" && field.kind !== "union" && field.kind !== "const");
  const general: SectionNode = { ...root, fields: loose, help: "", key: GENERAL };
  const sections = root.fields.flatMap((field): Part[] =>
    field.kind === "section" || field.kind === "union"
      ? [{ key: field.key, title: field.title, path: [field.key], node: field }]
      : [],
  );
  return loose.length > 0 ? [{ key: GENERAL, title: "General", path: [], node: general }, ...sections] : sections;
}

/** Key of the card that a path stands in. */
export function sectionOf(root: SectionNode, path: string): string {
  const [head] = parsePath(path);
  const field = root.fields.find((one) => one.key === head);
  return field?.kind === "section" || field?.kind === "union" ? field.key : GENERAL;
}
