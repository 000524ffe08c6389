/** How the statistics of groups are written. */

import type { Estimate, RunGroup, Versus } from "@/api/types";
import { formatNumber } from "@/lib/format";

/** `0.83 to 0.86`; nothing where there is no interval. */
export function estimateText({ low, high }: Estimate): string {
  return low === null || high === null ? "" : `${formatNumber(low, 3)} to ${formatNumber(high, 3)}`;
}

/** `difference +0.09 (0.01 to 0.17)`, `ratio 3.6 (1.9 to 6.8)`. */
export function versusText({ kind, estimate }: Versus): string {
  const bounds = estimateText(estimate);
  const sign = kind === "difference" && estimate.mean > 0 ? "+" : "";
  return `${kind} ${sign}${formatNumber(estimate.mean, 3)}${bounds ? ` (${bounds})` : ""}`;
}

/** A difference is marked, whichever way it goes: what is better depends on the question. */
export function toneOf({ verdict }: Versus): "accent" | "neutral" {
  return verdict === "higher" || verdict === "lower" ? "accent" : "neutral";
}

/** What the words begin with: the rest stands beside it, as p and its smallest value. */
export function shortWords({ words }: Versus): string {
  return words.split(";")[0] ?? words;
}

/** `3 seeds: too few to tell`, once for a group instead of once for each of its numbers. */
export function fewWords(group: RunGroup): string | null {
  const few = Object.values(group.measures).find(({ versus }) => versus?.verdict === "few");
  return few?.versus?.words ?? null;
}
