/**
 * Turns the JSON Schema of a run"s configuration into the tree the form is drawn from.
 *
 * Nothing here knows a field by name: titles, help texts, bounds, units (`x-unit`), special controls
 * (`x-widget`) and what is folded away (`x-advanced`) come from the served schema.
 */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** The part of JSON Schema (draft 2020-12, as pydantic writes it) that the form understands. */
export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string;
  title?: string;
  description?: string;
  default?: Json;
  const?: Json;
  enum?: Json[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  discriminator?: { propertyName: string; mapping?: Record<string, string> };
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  "x-unit"?: string;
  "x-advanced"?: boolean;
  "x-widget"?: string;
}

interface Common {
  key: string;
  title: string;
  help: string;
  unit: string;
  advanced: boolean;
  /** Whether null is a value of its own ("empty"). */
  nullable: boolean;
  /** Whether the field must be given because it has no default. */
  required: boolean;
  /** The schema"s default; undefined when only the server knows it. */
  default: Json | undefined;
}

export interface SectionNode extends Common {
  kind: "section";
  fields: FieldNode[];
}
export interface Variant {
  tag: string;
  title: string;
  help: string;
  section: SectionNode;
}
export interface UnionNode extends Common {
  kind: "union";
  /** Name of the property that says which variant a value is. */
  discriminator: string;
  variants: Variant[];
}
export interface ListNode extends Common {
  kind: "list";
  item: FieldNode;
  minItems: number;
  maxItems: number;
}
export interface ChoiceNode extends Common {
  kind: "choice";
  options: (string | number)[];
}
export interface ConstNode extends Common {
  kind: "const";
  value: Json;
}
export interface SwitchNode extends Common {
  kind: "switch";
}
export interface NumberNode extends Common {
  kind: "number";
  integer: boolean;
  min: number | undefined;
  max: number | undefined;
  /** Whether the bound itself is excluded. */
  minExclusive: boolean;
  maxExclusive: boolean;
}
export interface TextNode extends Common {
  kind: "text";
  minLength: number;
  maxLength: number | undefined;
  pattern: string | undefined;
  multiline: boolean;
  /** The hash of an uploaded dataset, to be chosen among those there are. */
  dataset: boolean;
}
/** One of several shapes without a tag, such as a list of names or a fixed word. */
export interface EitherNode extends Common {
  kind: "either";
  options: FieldNode[];
}
/** A free object (or anything this form has no better widget for), edited as JSON. */
export interface JsonNode extends Common {
  kind: "json";
  /** Whether it must be an object. */
  object: boolean;
}

export type FieldNode =
  | SectionNode
  | UnionNode
  | ListNode
  | ChoiceNode
  | ConstNode
  | SwitchNode
  | NumberNode
  | TextNode
  | EitherNode
  | JsonNode;

/** Texts longer than this may hold line breaks and get a larger box. */
const MULTILINE_FROM = 5000;

/** `max_steps` -> `Max steps`; a title that the schema"s author chose stays as it is. */
export function titleOf(key: string, title: string | undefined): string {
  const words = key.replaceAll("_", " ").trim();
  const generated = words.replaceAll(" ", "").toLowerCase();
  if (title && title.replaceAll(/[ _]/g, "").toLowerCase() !== generated) return title;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Help text without the line breaks of the source it was written in. */
function helpOf(text: string | undefined): string {
  return (text ?? "").replaceAll(/\s*\n\s*/g, " ").trim();
}

/** The form"s tree for a served schema. */
export function compileSchema(root: JsonSchema): SectionNode {
  const node = compile("", root, root, true, 0);
  if (node.kind !== "section") throw new Error("The configuration schema does not describe an object.");
  return node;
}

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (!schema.$ref) return schema;
  const name = schema.$ref.replace("#/$defs/", "");
  const target = root.$defs?.[name];
  if (!target) throw new Error(`The configuration schema refers to ${schema.$ref}, which it does not hold.`);
  return { ...resolve(target, root), ...withoutUndefined({ ...schema, $ref: undefined }) };
}

function compile(key: string, raw: JsonSchema, root: JsonSchema, required: boolean, depth: number): FieldNode {
  let schema = resolve(raw, root);
  let nullable = false;
  if (schema.anyOf) {
    const options = schema.anyOf.map((option) => resolve(option, root));
    const rest = options.filter((option) => option.type !== "null");
    nullable = rest.length < options.length;
    if (rest.length === 1) schema = { ...rest[0], ...withoutUndefined({ ...schema, anyOf: undefined }) };
    else schema = { ...schema, anyOf: rest };
  }
  const common: Common = {
    key,
    // the title behind a reference is the name of a class
    title: titleOf(key, raw.title ?? (raw.$ref ? undefined : schema.title)),
    help: helpOf(raw.description ?? schema.description),
    unit: schema["x-unit"] ?? "",
    advanced: schema["x-advanced"] ?? false,
    nullable,
    required: required && schema.default === undefined,
    // a null may have been left out of the description
    default: schema.default ?? (nullable && !required ? null : undefined),
  };
  if (depth > 12) return { ...common, kind: "json", object: false };
  if (schema.anyOf) {
    const options = schema.anyOf.map((option) => compile(key, { title: "", ...option }, root, true, depth + 1));
    return { ...common, kind: "either", options };
  }
  if (schema.oneOf && schema.discriminator) return compileUnion(common, schema, root, depth);
  if (schema.const !== undefined) return { ...common, kind: "const", value: schema.const };
  if (schema.enum) {
    const options = schema.enum.filter((value) => typeof value === "string" || typeof value === "number");
    return { ...common, kind: "choice", options };
  }
  switch (schema.type) {
    case "object":
      if (!schema.properties) return { ...common, kind: "json", object: true };
      return { ...common, kind: "section", fields: compileFields(schema, root, depth) };
    case "array":
      return {
        ...common,
        kind: "list",
        item: compile("", schema.items ?? {}, root, true, depth + 1),
        minItems: schema.minItems ?? 0,
        maxItems: schema.maxItems ?? Number.POSITIVE_INFINITY,
      };
    case "boolean":
      return { ...common, kind: "switch" };
    case "integer":
    case "number":
      return {
        ...common,
        kind: "number",
        integer: schema.type === "integer",
        min: schema.exclusiveMinimum ?? schema.minimum,
        max: schema.exclusiveMaximum ?? schema.maximum,
        minExclusive: schema.exclusiveMinimum !== undefined,
        maxExclusive: schema.exclusiveMaximum !== undefined,
      };
    case "string":
      return {
        ...common,
        kind: "text",
        minLength: schema.minLength ?? 0,
        maxLength: schema.maxLength,
        pattern: schema.pattern,
        multiline: (schema.maxLength ?? 0) >= MULTILINE_FROM,
        dataset: schema["x-widget"] === "dataset",
      };
    default:
      return { ...common, kind: "json", object: false };
  }
}

function compileFields(schema: JsonSchema, root: JsonSchema, depth: number): FieldNode[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([key, property]) =>
    compile(key, property, root, required.has(key), depth + 1),
  );
}

function compileUnion(common: Common, schema: JsonSchema, root: JsonSchema, depth: number): UnionNode {
  const discriminator = schema.discriminator?.propertyName ?? "";
  const variants = (schema.oneOf ?? []).map((option): Variant => {
    const resolved = resolve(option, root);
    const value = resolved.properties?.[discriminator]?.const;
    const tag = typeof value === "string" ? value : JSON.stringify(value ?? "");
    const section = compile(common.key, option, root, true, depth + 1);
    if (section.kind !== "section") throw new Error(`Variant ${tag} of ${common.key} is not an object.`);
    const help = helpOf(resolved.description);
    return { tag, title: titleOf(tag, undefined), help, section: { ...section, title: common.title } };
  });
  return { ...common, kind: "union", discriminator, variants };
}

function withoutUndefined(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}

/** The variant a value belongs to; undefined when its tag is none of them. */
export function variantOf(node: UnionNode, value: Json | undefined): Variant | undefined {
  const tag = isObject(value) ? value[node.discriminator] : undefined;
  return node.variants.find((variant) => variant.tag === tag);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the form shows this node at all: a constant (a tag, a version) is no choice. */
export function isShown(node: FieldNode): boolean {
  return node.kind !== "const";
}
