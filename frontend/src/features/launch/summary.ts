/** A folded section in one line, and the search over fields. */

import { isObject, isShown, variantOf, type FieldNode, type Json } from "./schema";
import { leaves, pathKey, type Path } from "./values";

/** A value in a few characters. */
export function shortValue(node: FieldNode, value: Json): string {
  if (value === null) return "empty";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return shortNumber(value);
  if (typeof value === "string") return value.length > 32 ? `${value.slice(0, 31)}…` : value || '""';
  if (Array.isArray(value)) {
    if (node.kind === "list" && node.item.kind === "union") {
      const tag = node.item.discriminator;
      return value.map((item) => (isObject(item) ? shortScalar(item[tag] ?? "?") : "?")).join(" + ");
    }
    return value.length === 0 ? "none" : value.map((item) => shortScalar(item)).join(", ");
  }
  return Object.keys(value).length === 0 ? "none" : JSON.stringify(value);
}

function shortScalar(value: Json): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** `0.0001` -> `1e-4`; whole numbers keep their digits. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential().replace("e+", "e");
  return String(value);
}

export interface SummaryPart {
  label: string;
  value: string;
  changed: boolean;
}

/** What a folded section shows: changed values first, then the plain ones in order. */
export function summarise(node: FieldNode, value: Json, changed: Set<string>, path: Path): SummaryPart[] {
  const parts: (SummaryPart & { advanced: boolean })[] = [];
  if (node.kind === "union") {
    const variant = variantOf(node, value);
    const tag = pathKey([...path, node.discriminator]);
    parts.push({ label: "", value: variant?.tag ?? "not chosen", changed: changed.has(tag), advanced: false });
  }
  for (const leaf of leaves(node, value, path)) {
    if (!isShown(leaf.node)) continue;
    const label = leaf.path.slice(path.length).join(".");
    const isChanged = changed.has(pathKey(leaf.path));
    const nested = leaf.path.length > path.length + 1;
    const advanced = leaf.node.advanced || nested;
    parts.push({ label, value: shortValue(leaf.node, leaf.value), changed: isChanged, advanced });
  }
  const shown = parts.filter((part) => part.changed || !part.advanced);
  const order = (part: SummaryPart) => (part.label === "" ? 0 : part.changed ? 1 : 2);
  return shown
    .sort((a, b) => order(a) - order(b))
    .map(({ label, value: text, changed: isChanged }) => ({ label, value: text, changed: isChanged }));
}

/** Whether a field answers a search: every word must occur in its path, title or help. */
export function fieldMatches(node: FieldNode, path: Path, query: string): boolean {
  const text = `${pathKey(path)} ${node.title} ${node.help}`.toLowerCase();
  return words(query).every((word) => text.includes(word));
}

/** Whether a field or anything under it answers a search. */
export function anyMatches(node: FieldNode, value: Json, path: Path, query: string): boolean {
  if (isShown(node) && fieldMatches(node, path, query)) return true;
  if (node.kind === "union") {
    const variant = variantOf(node, value);
    return variant ? anyMatches(variant.section, value, path, query) : false;
  }
  if (node.kind === "section" && isObject(value)) {
    return node.fields.some((field) => anyMatches(field, value[field.key] ?? null, [...path, field.key], query));
  }
  if (node.kind === "list" && Array.isArray(value)) {
    return value.some((item, index) => anyMatches(node.item, item, [...path, index], query));
  }
  return false;
}

function words(query: string): string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}
