/** The grid of an experiment: which fields it can vary, and their values as people type them. */

import type { FieldProblem } from "./check";
import { lastPart } from "./fieldNames";
import { type FieldNode, isShown, type Json } from "./schema";
import { type Path, pathKey } from "./values";

/** One axis as the form holds it. */
export interface AxisDraft {
  field: string;
  /** As typed: `1e-4, 5e-4`. */
  values: string;
}

/** The study that most begin with. */
export const FIRST_AXES: readonly AxisDraft[] = [{ field: "algorithm.name", values: "grpo, ah_grpo, sa_ah_grpo" }];
export const FIRST_SEEDS = "0-4";

/** A field that an axis can go over. */
export interface GridField {
  path: string;
  title: string;
  help: string;
  unit: string;
  /** What it may be, where that is a few words. */
  options: readonly Json[];
  /** Only some variants have it. */
  some: boolean;
}

/** Every field of every variant, in the form's order; lists of sections are left out. */
export function gridFields(root: FieldNode): GridField[] {
  const found = new Map<string, GridField>();
  collect(root, [], false, found);
  found.delete("seed");
  return [...found.values()];
}

function collect(node: FieldNode, path: Path, some: boolean, found: Map<string, GridField>): void {
  if (!isShown(node)) return;
  const add = (at: Path, options: readonly Json[]) => {
    const key = pathKey(at);
    if (!found.has(key)) found.set(key, { path: key, title: titled(node, key), help: node.help, unit: node.unit, options, some });
  };
  if (node.kind === "section") {
    for (const field of node.fields) collect(field, [...path, field.key], some, found);
  } else if (node.kind === "union") {
    add([...path, node.discriminator], node.variants.map((variant) => variant.tag));
    for (const variant of node.variants) collect(variant.section, path, true, found);
  } else if (node.kind === "choice") {
    add(path, node.options);
  } else if (node.kind === "switch") {
    add(path, [true, false]);
  } else if (node.kind !== "list" || (node.item.kind !== "union" && node.item.kind !== "section")) {
    add(path, []);
  }
}

function titled(node: FieldNode, path: string): string {
  return node.title || lastPart(path);
}

/** What an axis sends: JSON where it is some, else the words themselves. */
export function parseValues(text: string): Json[] {
  const whole = asJson(text.trim());
  if (Array.isArray(whole)) return whole;
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const value = asJson(part);
      return value === undefined ? part : value;
    });
}

function asJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // numbers as people write them, which JSON does not know: 1.e-4, .5, +2
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
  }
}

/** Values as the form writes them. */
export function valuesText(values: readonly Json[]): string {
  return values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
}

export interface GridAxis {
  field: string;
  values: Json[];
}

export function axesOf(drafts: readonly AxisDraft[]): GridAxis[] {
  return drafts
    .map(({ field, values }) => ({ field: field.trim(), values: parseValues(values) }))
    .filter(({ field, values }) => field !== "" && values.length > 0);
}

/** Axes that are not finished, by `axes.0` and so on. */
export function checkAxes(drafts: readonly AxisDraft[]): FieldProblem[] {
  return drafts.flatMap(({ field, values }, index): FieldProblem[] => {
    if (field.trim() === "") return [{ path: `axes.${index}`, message: "has no field", remedy: "Choose one, or remove the axis." }];
    if (parseValues(values).length > 0) return [];
    return [{ path: `axes.${index}`, message: `${field} has no values`, remedy: "Give at least one." }];
  });
}

/** What an experiment is called that was given no name. */
export function experimentName(title: string, drafts: readonly AxisDraft[]): string {
  const fields = axesOf(drafts).map(({ field }) => lastPart(field));
  return `${fields.join(" × ") || "seeds"}, ${title}`.slice(0, 200);
}
