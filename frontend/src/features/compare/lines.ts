/** What is one line in the charts, one chip and one colour: a run, or a group of runs. */

import type { Comparison } from "@/api/types";
import { runColor, runDash } from "@/theme/runColors";

import { MAX_COMPARED } from "./search";

export interface Line {
  /** Id of its first run. */
  id: string;
  label: string;
  runIds: readonly string[];
  color: string;
  dash: number[];
  hidden: boolean;
  /** What the others are compared with. */
  baseline: boolean;
}

export function linesOf(comparison: Comparison, hide: readonly string[]): Line[] {
  return comparison.groups.map((group, index) => ({
    id: group.id,
    label: group.label,
    runIds: group.run_ids,
    color: runColor(index),
    dash: runDash(index),
    hidden: hide.includes(group.id),
    baseline: group.id === comparison.baseline,
  }));
}

/** The first of the lines, as many as a chart draws; the baseline is always among them. */
export function drawnOf(lines: readonly Line[]): readonly Line[] {
  if (lines.length <= MAX_COMPARED) return lines;
  const first = lines.slice(0, MAX_COMPARED);
  const baseline = lines.find((line) => line.baseline);
  return !baseline || first.includes(baseline) ? first : [baseline, ...first.slice(1)];
}

/** The line that each run belongs to. */
export function byRun(lines: readonly Line[]): Map<string, Line> {
  return new Map(lines.flatMap((line) => line.runIds.map((id) => [id, line] as const)));
}

/** Whether any line is the mean of several runs. */
export function hasMeans(lines: readonly Line[]): boolean {
  return lines.some((line) => line.runIds.length > 1);
}

/** `seeds 0 to 4`, `seeds 0, 3`. */
export function seedsText(seeds: readonly number[]): string {
  const sorted = [...new Set(seeds)].sort((a, b) => a - b);
  const [first = 0] = sorted;
  const last = sorted.at(-1) ?? first;
  if (sorted.length === 1) return `seed ${first}`;
  if (sorted.length > 2 && last - first === sorted.length - 1) return `seeds ${first} to ${last}`;
  return `seeds ${sorted.slice(0, 6).join(", ")}${sorted.length > 6 ? " …" : ""}`;
}
