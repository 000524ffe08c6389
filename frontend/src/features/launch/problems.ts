/** Where the form shows which problem: beside a field, at a section, or above everything. */

import type { FieldProblem } from "./check";
import { type FieldNode, type Json, type SectionNode } from "./schema";
import { getIn, nodeAt, parsePath, pathKey, sameJson } from "./values";

/** Problems by the dotted path they are shown at; "" is the configuration as a whole. */
export type ProblemMap = Map<string, PlacedProblem[]>;

export interface PlacedProblem extends FieldProblem {
  /** Paths of the fields that the message speaks of, to jump to. */
  mentions: string[];
}

/** Server paths of a whole launch start with `config.`; those of the validation do not. */
export function stripPrefix(path: string): string {
  return path.replace(/^body\./, "").replace(/^config(\.|$)/, "");
}

/**
 * Problems that are known now: the client's are current; a server's stays until the next answer,
 * unless the value it was about has been changed or the client already names that field.
 */
export function mergeProblems(
  client: FieldProblem[],
  server: FieldProblem[],
  checked: Json | undefined,
  current: Json,
): FieldProblem[] {
  const mine = new Set(client.map((problem) => problem.path));
  const kept = server.filter((problem) => {
    if (mine.has(problem.path)) return false;
    const path = parsePath(problem.path);
    const value = getIn(checked, path);
    const whole = typeof value === "object" && value !== null && !Array.isArray(value);
    return whole || sameJson(value, getIn(current, path));
  });
  return [...client, ...kept];
}

/** Each problem at the nearest place the form has; a place it has not is named in the message. */
export function placeProblems(root: SectionNode, config: Json, problems: FieldProblem[]): ProblemMap {
  const placed: ProblemMap = new Map();
  for (const problem of problems) {
    const path = parsePath(problem.path);
    let at = path;
    while (at.length > 0 && !isPlace(nodeAt(root, config, at))) at = at.slice(0, -1);
    const missing = at.length < path.length && !isTag(root, config, path);
    const message = missing ? `${path.slice(at.length).join(".")}: ${problem.message}` : problem.message;
    const key = pathKey(at);
    const mentions = mentioned(root, config, key, problem.message);
    placed.set(key, [...(placed.get(key) ?? []), { ...problem, message, mentions }]);
  }
  return placed;
}

function isPlace(node: FieldNode | undefined): boolean {
  return node !== undefined && node.kind !== "const";
}

/** A union's tag is shown as the union's select. */
function isTag(root: SectionNode, config: Json, path: (string | number)[]): boolean {
  const parent = nodeAt(root, config, path.slice(0, -1));
  return parent?.kind === "union" && parent.discriminator === path.at(-1);
}

/** Fields that a message names, by full path or relative to the section it is about. */
function mentioned(root: SectionNode, config: Json, section: string, message: string): string[] {
  const found = new Set<string>();
  for (const [word] of message.matchAll(/[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*/g)) {
    const candidates = [word, section ? `${section}.${word}` : ""];
    for (const candidate of candidates) {
      const explicit = word.includes(".") || word.includes("_") || candidate !== word;
      if (!candidate || !explicit || candidate === section) continue;
      const node = nodeAt(root, config, parsePath(candidate));
      const tagged = isTag(root, config, parsePath(candidate));
      if (tagged) found.add(parsePath(candidate).slice(0, -1).join("."));
      else if (isPlace(node)) found.add(candidate);
    }
  }
  found.delete(section);
  return [...found];
}

/** How many problems lie at or under a path. */
export function countUnder(map: ProblemMap, path: string): number {
  let count = 0;
  for (const [key, list] of map) {
    if (path === "" || key === path || key.startsWith(`${path}.`)) count += list.length;
  }
  return count;
}
