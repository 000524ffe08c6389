/** How the configuration differences are written. */

import type { Comparison } from "@/api/types";
import { formatNumber } from "@/lib/format";

export type ConfigDifference = Comparison["differences"][number];

/** A value of a configuration in a cell; undefined is a field the run does not have. */
export function differenceText(value: unknown): string {
  if (value === undefined) return "not set";
  if (value === null) return "empty";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return Math.abs(value) >= 1000 ? String(value) : formatNumber(value, 6);
  if (typeof value === "string") return value === "" ? "empty" : value;
  return JSON.stringify(value);
}

/** Differences by the section they are in, in the order they come. */
export function bySection(differences: ConfigDifference[]): { section: string; rows: ConfigDifference[] }[] {
  const sections = new Map<string, ConfigDifference[]>();
  for (const difference of differences) {
    const [head, rest] = difference.path.split(".", 2);
    const section = rest === undefined ? "" : (head ?? "");
    sections.set(section, [...(sections.get(section) ?? []), difference]);
  }
  return [...sections].map(([section, rows]) => ({ section, rows }));
}

/** The different values that some runs have in a field, in the runs' order. */
export function valuesOf(difference: ConfigDifference, runIds: readonly string[]): string[] {
  const texts = runIds.map((id) =>
    differenceText(Object.hasOwn(difference.values, id) ? difference.values[id] : undefined),
  );
  return [...new Set(texts)];
}
