/** Configuration against result: the quantities that differ between runs, and where they lie on an axis. */

import type { Comparison, RunComparison } from "@/api/types";
import { formatNumber } from "@/lib/format";

import { differenceText } from "./differences";

export interface Dimension {
  key: string;
  label: string;
  kind: "config" | "result";
  /** Text of a category, in the order of its place; null for numbers. */
  categories: readonly string[] | null;
  /** Of categories the place; null where a run has no value. */
  value: (runId: string) => number | null;
  /** Every run has a value. */
  complete: boolean;
  log: boolean;
  low: number;
  high: number;
}

/** How `differenceText` writes what is absent. */
const NOT_SET = differenceText(undefined);

/** Fields of the rows that are results, as the measures name them; the drop is made of two. */
const RESULTS: Record<string, (run: RunComparison) => number | null> = {
  final_pass_at_1: (run) => run.final_pass_at_1,
  peak_pass_at_1: (run) => run.peak_pass_at_1,
  final_reward: (run) => run.final_reward,
  training_variance: (run) => run.training_variance,
  detrended_variance: (run) => run.detrended_variance,
  sampling_floor: (run) => run.sampling_floor,
  entropy_start: (run) => run.entropy_start,
  entropy_end: (run) => run.entropy_end,
  entropy_drop: (run) => (run.entropy_start === null || run.entropy_end === null ? null : run.entropy_start - run.entropy_end),
  effective_fraction: (run) => run.effective_fraction,
};

/** Configuration fields that differ, then results that any run has. */
export function dimensionsOf({ runs, differences, measures }: Comparison): Dimension[] {
  const configs = differences.map(({ path, values }) => {
    const given = runs.map(({ run_id }) => [run_id, Object.hasOwn(values, run_id) ? values[run_id] : undefined] as const);
    const numeric = given.every(([, value]) => typeof value === "number" || value === undefined || value === null);
    if (numeric) {
      return numbers(path, path, "config", new Map(given.map(([id, value]) => [id, typeof value === "number" ? value : null])));
    }
    const texts = new Map(given.map(([id, value]) => [id, differenceText(value)]));
    const categories = [...new Set(texts.values())];
    return dimension(path, path, "config", categories, new Map([...texts].map(([id, text]) => [id, categories.indexOf(text)])));
  });
  const results = measures.map(({ name, label }) =>
    numbers(name, label, "result", new Map(runs.map((run) => [run.run_id, RESULTS[name]?.(run) ?? null]))),
  );
  return [...configs, ...results].filter((one) => runs.some(({ run_id }) => one.value(run_id) !== null));
}

function numbers(key: string, label: string, kind: Dimension["kind"], values: Map<string, number | null>): Dimension {
  return dimension(key, label, kind, null, values);
}

function dimension(
  key: string,
  label: string,
  kind: Dimension["kind"],
  categories: readonly string[] | null,
  values: ReadonlyMap<string, number | null>,
): Dimension {
  const known = [...values.values()].filter((value): value is number => value !== null && Number.isFinite(value));
  const low = Math.min(...known);
  const high = Math.max(...known);
  return {
    key,
    label,
    kind,
    categories,
    complete: known.length === values.size && !categories?.includes(NOT_SET),
    value: (runId) => {
      const value = values.get(runId) ?? null;
      return value !== null && Number.isFinite(value) ? value : null;
    },
    // learning rates and variances differ by factors
    log: categories === null && low > 0 && high / low >= 20,
    low,
    high,
  };
}

/** Where a value lies between the ends of its axis, 0 to 1; one value alone lies in the middle. */
export function share({ low, high, log }: Dimension, value: number): number {
  if (high <= low) return 0.5;
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** What stands beside an axis at some of its places. */
export function ticksOf(one: Dimension, wanted: number): { at: number; text: string }[] {
  if (one.categories) return one.categories.map((text, place) => ({ at: share(one, place), text }));
  if (one.high <= one.low) return [{ at: 0.5, text: formatNumber(one.low, 3) }];
  if (!one.log && wanted > 3) return roundTicks(one, wanted);
  return Array.from({ length: wanted }, (_, i) => {
    const at = i / (wanted - 1);
    const value = one.log ? one.low * (one.high / one.low) ** at : one.low + at * (one.high - one.low);
    return { at, text: formatNumber(value, 3) };
  });
}

/** Round numbers within the range; with few ticks the ends say more. */
function roundTicks(one: Dimension, wanted: number): { at: number; text: string }[] {
  const rough = (one.high - one.low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(one.low / step - 1e-9);
  const count = Math.floor(one.high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step).map((value) => ({
    at: share(one, value),
    text: formatNumber(Number(value.toPrecision(12))),
  }));
}

export function textOf(one: Dimension, runId: string): string {
  const value = one.value(runId);
  if (value === null) return "–";
  return one.categories ? (one.categories[value] ?? "–") : formatNumber(value, 4);
}

/** The pair of axes that says most: a number that was varied, and the final result. */
export function defaultAxes(all: readonly Dimension[]): { x: Dimension | undefined; y: Dimension | undefined } {
  const configs = telling(all);
  return {
    x: configs.find(({ categories }) => categories === null) ?? configs[0] ?? all[0],
    y: all.find(({ key }) => key === "final_pass_at_1") ?? all.find(({ key }) => key === "final_reward") ?? all.at(-1),
  };
}

/** Fields that every run has and that may change what is learned; all that differ where there is none. */
function telling(all: readonly Dimension[]): Dimension[] {
  const configs = all.filter(({ kind }) => kind === "config");
  const found = configs.filter(({ key, complete }) => complete && key !== "seed" && !key.startsWith("resources."));
  return found.length > 0 ? found : configs;
}

/** Axes of the parallel plot: what was varied, then the results people ask for first. */
export function parallelAxes(all: readonly Dimension[]): Dimension[] {
  const configs = telling(all);
  const wanted = ["final_pass_at_1", "final_reward", "training_variance"];
  return [...configs.slice(0, 5), ...wanted.flatMap((key) => all.find((one) => one.key === key) ?? [])];
}
