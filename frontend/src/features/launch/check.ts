/** Checks of a configuration against the schema, as one types; the server has the last word. */

import { isObject, variantOf, type FieldNode, type Json, type NumberNode, type TextNode } from "./schema";
import { pathKey, sameJson, type Path } from "./values";

/** One problem of one field; the same shape as the server's `FieldError`. */
export interface FieldProblem {
  /** Dotted path, such as `rewards.functions.0.pattern`; empty for the configuration as a whole. */
  path: string;
  message: string;
  remedy: string;
}

export function checkConfig(node: FieldNode, value: Json | undefined, path: Path = []): FieldProblem[] {
  const problem = (message: string, remedy: string): FieldProblem[] => [{ path: pathKey(path), message, remedy }];
  if (value === undefined) return node.required ? problem("is missing", "Give a value: there is no default.") : [];
  if (value === null) {
    if (node.nullable) return [];
    return node.kind === "json" && !node.object ? [] : problem("is empty", "Give a value, or reset the field.");
  }
  switch (node.kind) {
    case "section":
      if (!isObject(value)) return problem("must be a section with named fields", "Give a mapping of fields.");
      return [
        ...node.fields.flatMap((field) => checkConfig(field, value[field.key], [...path, field.key])),
        ...unknownKeys(node, value, path),
      ];
    case "union": {
      const variant = variantOf(node, value);
      if (variant) return checkConfig(variant.section, value, path);
      const tags = node.variants.map((option) => option.tag).join(", ");
      return [
        {
          path: pathKey([...path, node.discriminator]),
          message: isObject(value) && value[node.discriminator] !== undefined ? "is none of the choices" : "is missing",
          remedy: `Choose one of ${tags}.`,
        },
      ];
    }
    case "list":
      if (!Array.isArray(value)) return problem("must be a list", "Give a list.");
      if (value.length < node.minItems) return problem("has too few entries", `Give at least ${node.minItems}.`);
      if (value.length > node.maxItems) return problem("has too many entries", `Give at most ${node.maxItems}.`);
      return value.flatMap((item, index) => checkConfig(node.item, item, [...path, index]));
    case "choice":
      if (node.options.some((option) => option === value)) return [];
      return problem("is none of the choices", `Choose one of ${node.options.join(", ")}.`);
    case "const":
      return sameJson(node.value, value) ? [] : problem("cannot be changed", `Use ${JSON.stringify(node.value)}.`);
    case "switch":
      return typeof value === "boolean" ? [] : problem("must be on or off", "Use true or false.");
    case "number":
      return checkNumber(node, value).flatMap(([message, remedy]) => problem(message, remedy));
    case "text":
      return checkText(node, value).flatMap(([message, remedy]) => problem(message, remedy));
    case "either": {
      const attempts = node.options.map((option) => checkConfig(option, value, path));
      if (attempts.some((found) => found.length === 0)) return [];
      // an alternative that is wrong only inside is the one that was meant
      const inside = attempts.find((found) => found.every((one) => one.path !== pathKey(path)));
      if (inside) return inside;
      return problem("has none of the forms it may have", attempts.map((found) => found[0]?.remedy).join(" Or: "));
    }
    case "json":
      return node.object && !isObject(value) ? problem("is not a JSON object", 'Write it as {"name": value}.') : [];
  }
}

function unknownKeys(node: FieldNode & { kind: "section" }, value: Record<string, Json>, path: Path): FieldProblem[] {
  const known = new Set(node.fields.map((field) => field.key));
  return Object.keys(value)
    .filter((key) => !known.has(key))
    .map((key) => ({
      path: pathKey([...path, key]),
      message: "is no field of the configuration",
      remedy: suggestion(key, [...known]),
    }));
}

function suggestion(key: string, names: string[]): string {
  const letters = (word: string) => word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const close = names.find((name) => letters(name) === letters(key) || name.includes(key) || key.includes(name));
  return close ? `Remove it, or did you mean ${close}?` : "Remove it.";
}

function checkNumber(node: NumberNode, value: Json): [string, string][] {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    const what = node.integer ? "a whole number" : "a number";
    return [[value === "" ? "is empty" : `is not ${what}`, `Give ${what}${boundsText(node, ", ")}.`]];
  }
  if (node.integer && !Number.isInteger(value)) return [["is not a whole number", "Remove the fraction."]];
  const low = node.min !== undefined && (node.minExclusive ? value <= node.min : value < node.min);
  const high = node.max !== undefined && (node.maxExclusive ? value >= node.max : value > node.max);
  if (low) return [["is too small", `Use a value ${node.minExclusive ? "above" : "of at least"} ${digits(node.min ?? 0)}.`]];
  if (high) return [["is too large", `Use a value ${node.maxExclusive ? "below" : "of at most"} ${digits(node.max ?? 0)}.`]];
  return [];
}

/** The range of a number in words, such as `at least 1, at most 64`; empty when it has none. */
export function boundsText(node: NumberNode, lead = ""): string {
  const parts: string[] = [];
  if (node.min !== undefined) parts.push(`${node.minExclusive ? "above" : "at least"} ${digits(node.min)}`);
  if (node.max !== undefined) parts.push(`${node.maxExclusive ? "below" : "at most"} ${digits(node.max)}`);
  return parts.length > 0 ? lead + parts.join(", ") : "";
}

function digits(value: number): string {
  return Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential() : value.toLocaleString("en-US", { maximumFractionDigits: 20 });
}

function checkText(node: TextNode, value: Json): [string, string][] {
  if (typeof value !== "string") return [["must be text", "Put it in quotes."]];
  const length = Array.from(value).length;
  if (length < node.minLength) return [[length === 0 ? "is empty" : "is too short", "Give a value."]];
  if (node.maxLength !== undefined && length > node.maxLength) {
    return [["is too long", `Use at most ${node.maxLength} characters.`]];
  }
  if (node.pattern && !matches(node.pattern, value)) {
    return [["has characters that are not allowed here", `It must match ${node.pattern}.`]];
  }
  return [];
}

/** Only what is surely wrong: beyond ASCII, Python's and JavaScript's classes differ. */
function matches(pattern: string, value: string): boolean {
  if (!/^[\x20-\x7e]*$/.test(value)) return true;
  try {
    return new RegExp(pattern).test(value);
  } catch {
    return true;
  }
}
