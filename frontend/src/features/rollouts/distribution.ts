/** Distributions over steps: which column a step is in, how strong a cell is, how a bin is named. */

import type { Bin, RolloutColumn } from "@/api/types";
import { formatNumber } from "@/lib/format";

/** Position of the column that holds `step`, or of the last before it. */
export function columnOf(columns: readonly RolloutColumn[], step: number): number {
  return Math.max(0, columns.findLastIndex((column) => column.first_step <= step));
}

/** The share of a column's completions in each bin; empty where there are none. */
export function shares(counts: readonly number[]): number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return all === 0 ? counts.map(() => 0) : counts.map((count) => count / all);
}

export function binLabel({ low, high }: Bin): string {
  return low === high ? formatNumber(low, 3) : `${formatNumber(low, 3)} to ${formatNumber(high, 3)}`;
}

/** Where a value lies among `bins`, 0 at the bottom to 1 at the top. */
export function placeOf(value: number, bins: readonly Bin[]): number {
  const single = bins.every((bin) => bin.low === bin.high);
  const low = bins[0]?.low ?? 0;
  const high = bins.at(-1)?.high ?? 0;
  if (!single) return high === low ? 0.5 : (value - low) / (high - low);
  // rows of single values are equally high, whatever lies between the values
  const above = bins.findIndex((bin) => bin.low >= value);
  const middle = (row: number) => (row + 0.5) / bins.length;
  if (above === -1) return middle(bins.length - 1);
  if (above === 0) return middle(0);
  const [from, to] = [bins[above - 1]?.low ?? 0, bins[above]?.low ?? 0];
  return middle(above - 1) + ((value - from) / (to - from)) / bins.length;
}

/** What a column holds, in words. */
export function columnWords(column: RolloutColumn): string {
  const { first_step, last_step, completions, reward, length } = column;
  const steps = first_step === last_step ? `Step ${first_step}` : `Steps ${first_step} to ${last_step}`;
  const parts = [`${completions} completions`];
  if (reward) parts.push(`reward ${formatNumber(reward.mean, 3)} (${formatNumber(reward.min, 3)} to ${formatNumber(reward.max, 3)})`);
  if (length) parts.push(`${formatNumber(length.median, 3)} tokens (${length.min} to ${length.max})`);
  const share = (count: number) => `${Math.round((100 * count) / Math.max(1, completions))} %`;
  parts.push(`${share(column.correct)} correct`, `${share(column.truncated)} truncated`);
  return `${steps}: ${parts.join(", ")}`;
}
