/** Reading, writing and comparing the configuration that the form edits (plain JSON, never mutated). */

import { isObject, variantOf, type FieldNode, type Json, type JsonObject, type SectionNode, type UnionNode } from "./schema";

export type Path = readonly (string | number)[];

export function pathKey(path: Path): string {
  return path.join(".");
}

/** `rewards.functions.0.pattern` -> `["rewards", "functions", 0, "pattern"]`. */
export function parsePath(text: string): (string | number)[] {
  if (text === "") return [];
  return text.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

export function getIn(value: Json | undefined, path: Path): Json | undefined {
  let current: Json | undefined = value;
  for (const part of path) {
    if (Array.isArray(current) && typeof part === "number") current = current[part];
    else if (isObject(current) && typeof part === "string" && Object.hasOwn(current, part)) current = current[part];
    else return undefined;
  }
  return current;
}

/** A copy with one value replaced; missing objects on the way are made. */
export function setIn(value: Json | undefined, path: Path, next: Json): Json {
  const [head, ...rest] = path;
  if (head === undefined) return next;
  if (typeof head === "number") {
    const list = Array.isArray(value) ? [...value] : [];
    list[head] = setIn(list[head], rest, next);
    return list;
  }
  const object: JsonObject = isObject(value) ? { ...value } : {};
  object[head] = setIn(object[head], rest, next);
  return object;
}

/** Equality of JSON values; the order of an object"s keys does not matter. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
  }
  return false;
}

/** What a field holds when nothing was said about it. */
export function defaultOf(node: FieldNode): Json {
  if (node.default !== undefined) return node.default;
  switch (node.kind) {
    case "section":
      return Object.fromEntries(node.fields.map((field) => [field.key, defaultOf(field)]));
    case "union": {
      const first = node.variants[0];
      return first ? defaultOf(first.section) : {};
    }
    case "list":
      return Array.from({ length: node.minItems }, () => defaultOf(node.item));
    case "const":
      return node.value;
    case "choice":
      return node.options[0] ?? "";
    case "switch":
      return false;
    case "json":
      return node.object ? {} : null;
    case "either":
      return node.nullable || !node.options[0] ? null : defaultOf(node.options[0]);
    case "number":
    case "text":
      return node.nullable ? null : "";
  }
}

/** A value as the form shows it: absent fields have their defaults. */
export function effective(node: FieldNode, value: Json | undefined): Json {
  if (value === undefined) return defaultOf(node);
  if (node.kind === "section" && isObject(value)) return fillSection(node, value);
  if (node.kind === "union" && isObject(value)) {
    const variant = variantOf(node, value);
    return variant ? fillSection(variant.section, value) : value;
  }
  if (node.kind === "list" && Array.isArray(value)) return value.map((item) => effective(node.item, item));
  return value;
}

/** Known keys filled in; unknown ones are kept, so that they can be pointed out. */
function fillSection(node: SectionNode, value: JsonObject): JsonObject {
  const known = Object.fromEntries(node.fields.map((field) => [field.key, effective(field, value[field.key])]));
  return { ...value, ...known };
}

/**
 * The value after another variant was chosen. Values of fields that both variants have are carried
 * over where they were set; `remembered` is what the variant held when it was left.
 */
export function switchVariant(node: UnionNode, current: Json, tag: string, remembered?: Json): Json {
  const target = node.variants.find((variant) => variant.tag === tag);
  if (!target) return current;
  const next: JsonObject = { ...asObject(defaultOf(target.section)), ...asObject(remembered) };
  const source = variantOf(node, current);
  if (source && isObject(current)) {
    for (const field of source.section.fields) {
      const same = target.section.fields.find((other) => other.key === field.key);
      const value = current[field.key];
      if (!same || value === undefined || field.kind === "const" || !sameShape(field, same)) continue;
      if (!sameJson(value, defaultOf(field))) next[field.key] = value;
    }
  }
  next[node.discriminator] = tag;
  return next;
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function sameShape(a: FieldNode, b: FieldNode): boolean {
  const shape = (node: FieldNode) => JSON.stringify({ ...node, help: "", default: null, title: "" });
  return shape(a) === shape(b);
}

/** The node and effective value at a path, following the variants that the configuration chose. */
export function nodeAt(root: FieldNode, config: Json, path: Path): FieldNode | undefined {
  let node: FieldNode | undefined = root;
  let value: Json | undefined = effective(root, config);
  for (const part of path) {
    if (!node) return undefined;
    if (node.kind === "either") node = node.options.find((option) => option.kind === "list") ?? node;
    if (node.kind === "union") node = variantOf(node, value)?.section;
    if (node?.kind === "section") node = node.fields.find((field) => field.key === part);
    else if (node?.kind === "list" && typeof part === "number") node = node.item;
    else return undefined;
    value = getIn(value, [part]);
  }
  return node;
}

/** Every field that holds one value (lists count as one), with its path. */
export function leaves(node: FieldNode, value: Json | undefined, path: Path = []): { node: FieldNode; path: Path; value: Json }[] {
  const held = effective(node, value);
  if (node.kind === "union") {
    const variant = variantOf(node, held);
    return variant ? leaves(variant.section, held, path) : [];
  }
  if (node.kind === "section") {
    return node.fields.flatMap((field) => leaves(field, getIn(held, [field.key]), [...path, field.key]));
  }
  return [{ node, path, value: held }];
}

/** The value a field is reset to: the start"s, or the default where the start has no such field. */
export function startValue(root: FieldNode, start: Json, path: Path, node: FieldNode): Json {
  const value = getIn(effective(root, start), path);
  return value === undefined ? defaultOf(node) : value;
}

/** Dotted paths of the fields (and union tags) that differ from where the form started. */
export function changedPaths(root: FieldNode, start: Json, current: Json): Set<string> {
  const before = effective(root, start);
  const changed = new Set<string>();
  for (const leaf of leaves(root, current)) {
    const old = getIn(before, leaf.path);
    const same = old === undefined ? sameJson(defaultOf(leaf.node), leaf.value) : sameJson(old, leaf.value);
    if (!same) changed.add(pathKey(leaf.path));
  }
  return changed;
}
