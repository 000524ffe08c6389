/** The summary table of a comparison: what each column shows, in which unit and what it means. */

import type { RunComparison } from "@/api/types";
import { formatFixed, formatInteger, formatNumber, NONE } from "@/lib/format";

export interface Column {
  key: string;
  label: string;
  /** Shown under the label. */
  unit: string;
  help: string;
  /** Whether a higher value is better; null where neither is by itself. */
  better: "higher" | null;
  /** Share of held-out problems: its sampling error is known. */
  proportion: boolean;
  value: (run: RunComparison) => number | null;
  text: (run: RunComparison) => string;
}

const fixed = (value: number | null) => formatFixed(value, 3);
/** Variances are small and differ by factors: three significant digits. */
const variance = (value: number | null) => formatNumber(value, 3);

function column(
  key: string,
  label: string,
  unit: string,
  help: string,
  value: (run: RunComparison) => number | null,
  options: Partial<Pick<Column, "better" | "proportion" | "text">> = {},
): Column {
  return { key, label, unit, help, value, better: null, proportion: false, text: (run) => fixed(value(run)), ...options };
}

export const COLUMNS: readonly Column[] = [
  column("steps", "Steps", "", "Steps trained so far.", (run) => run.steps, { text: (run) => formatInteger(run.steps) }),
  column(
    "baseline",
    "Pass@1 before",
    "share",
    "Share of held-out problems solved with greedy decoding before training.",
    (run) => run.baseline_pass_at_1,
    { proportion: true },
  ),
  column(
    "peak",
    "Pass@1 peak",
    "share (step)",
    "Best evaluation of the run and its step. The best of many noisy evaluations is flattered by chance: compare the final one first.",
    (run) => run.peak_pass_at_1,
    {
      proportion: true,
      text: (run) => (run.peak_pass_at_1 === null ? NONE : `${fixed(run.peak_pass_at_1)} (${formatInteger(run.peak_step)})`),
    },
  ),
  column(
    "final",
    "Pass@1 final",
    "share",
    "Share of held-out problems solved with greedy decoding in the last evaluation.",
    (run) => run.final_pass_at_1,
    { better: "higher", proportion: true },
  ),
  column("reward", "Reward final", "", "Mean reward over the last tenth of the steps.", (run) => run.final_reward),
  column(
    "variance",
    "Training variance",
    "reward²",
    "Sample variance of the step's mean reward over the window. Read it beside the reward: a run that learns faster has more of it, and one that has collapsed has little.",
    (run) => run.training_variance,
    { text: (run) => variance(run.training_variance) },
  ),
  column(
    "detrended",
    "Detrended",
    "reward²",
    "The same variance around a straight line through the rewards, so that steady learning does not count as instability.",
    (run) => run.detrended_variance,
    { text: (run) => variance(run.detrended_variance) },
  ),
  column(
    "floor",
    "Sampling floor",
    "reward²",
    "The part of the variance that the draw of prompts and rollouts alone explains. A variance near it says nothing about stability.",
    (run) => run.sampling_floor,
    { text: (run) => variance(run.sampling_floor) },
  ),
  column(
    "entropy",
    "Entropy",
    "nats, start → end",
    "Mean token entropy of the policy at the start and at the end of training.",
    (run) => run.entropy_end,
    {
      text: (run) =>
        run.entropy_start === null && run.entropy_end === null
          ? NONE
          : `${fixed(run.entropy_start)} → ${fixed(run.entropy_end)}`,
    },
  ),
  column(
    "collapsed",
    "Collapsed",
    "",
    "Whether entropy stayed below the run's collapse threshold for its patience.",
    (run) => (run.collapsed === null ? null : Number(run.collapsed)),
    { text: (run) => (run.collapsed === null ? NONE : run.collapsed ? "yes" : "no") },
  ),
  column(
    "fraction",
    "Effective fraction",
    "share",
    "How much of a rollout with negative advantage still counts after the horizon's discount, on average over the run. 1 is plain GRPO.",
    (run) => run.effective_fraction,
  ),
];

export interface Leader {
  runId: string;
  /** Whether it is ahead by more than the sampling error explains. */
  clear: boolean;
  note: string;
}

/**
 * The run that is ahead in a column, and whether that can be told from chance.
 *
 * Two shares of n held-out problems are told apart when they differ by more than 1.96 standard errors
 * of their difference, as if the problems were drawn anew for each run; this ignores that seeds vary.
 */
export function leaderOf(column: Column, runs: RunComparison[], examples: Map<string, number>): Leader | null {
  if (column.better === null) return null;
  const ranked = runs
    .flatMap((run) => {
      const value = column.value(run);
      return value !== null && Number.isFinite(value) ? [{ run, value }] : [];
    })
    .sort((a, b) => b.value - a.value);
  const [first, second] = ranked;
  if (!first || !second || first.value === second.value) return null;
  const sizes = [first, second].map(({ run }) => examples.get(run.run_id) ?? 0);
  const seeds = "One run is one seed: repeat with several before concluding.";
  if (sizes.some((size) => size < 1)) return { runId: first.run.run_id, clear: false, note: `Highest here. ${seeds}` };
  const error = Math.sqrt(
    (first.value * (1 - first.value)) / (sizes[0] ?? 1) + (second.value * (1 - second.value)) / (sizes[1] ?? 1),
  );
  const gap = first.value - second.value;
  const clear = gap > 1.96 * error;
  const size = Math.min(...sizes);
  const words = `Ahead of the next by ${formatFixed(gap, 3)}; the sampling error of ${size} problems explains up to ${formatFixed(1.96 * error, 3)}.`;
  return { runId: first.run.run_id, clear, note: `${words} ${clear ? seeds : "Not distinguishable."}` };
}
