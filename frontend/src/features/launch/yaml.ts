/** The configuration as YAML, and back. */

import { isNode, LineCounter, parseDocument, stringify } from "yaml";

import type { Path } from "./values";
import { isObject, type Json, type JsonObject } from "./schema";

export type Parsed = { config: JsonObject; error: null } | { config: null; error: { message: string; line: number | null } };

export function toYaml(config: Json): string {
  return stringify(config, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The configuration a text describes; a syntax error is told with its line. */
export function fromYaml(text: string): Parsed {
  const document = parseDocument(text, { prettyErrors: true });
  const first = document.errors[0];
  if (first) {
    const message = first.message.split(/ at line |:\n/)[0] ?? first.message;
    return { config: null, error: { message, line: first.linePos?.[0].line ?? null } };
  }
  // aliases are bounded by the library; what is left are plain JSON values
  const value = document.toJS({ maxAliasCount: 50 }) as Json;
  if (value === null) return { config: {}, error: null };
  if (!isObject(value)) {
    return { config: null, error: { message: "A configuration is a mapping: write `field: value` lines.", line: 1 } };
  }
  return { config: value, error: null };
}

/** The line a path stands on; null when it does not stand in the text. */
export function lineOf(text: string, path: Path): number | null {
  if (path.length === 0) return null;
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  if (document.errors.length > 0) return null;
  const node = document.getIn(path, true);
  const start = isNode(node) ? node.range?.[0] : undefined;
  return start === undefined ? null : counter.linePos(start).line;
}
