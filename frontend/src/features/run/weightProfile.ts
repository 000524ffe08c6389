// Weight by position: single metrics of each step become curves over the completion.
import type { Points } from "@/api/columns";
import type { SeriesStore } from "@/api/seriesStore";
import { nearest } from "@/components/charts/data";
import type { ChartSeries } from "@/components/charts/data";
import type { LineSource, Lines } from "@/components/charts/source";
import { formatInteger } from "@/lib/format";

export const WEIGHT_AT = "horizon/weight_at/";
const CURVES = 5;
const COLORS = ["--series-8", "--series-6", "--series-5", "--series-2", "--series-1"];
const DASHES = [[2, 3], [6, 4], [10, 4, 2, 4], [12, 3], []];

/** Steps to show of those there are: the first, the newest, and some between at equal distances. */
export function chosenSteps(steps: ArrayLike<number>, count = CURVES): number[] {
  const last = steps.length - 1;
  const places = Array.from({ length: count }, (_, i) => Math.round((i * last) / (count - 1)));
  return last < 0 ? [] : [...new Set(places)].map((place) => steps[place] ?? 0);
}

/** A curve over the positions for each of some steps. */
export function profiles(byPosition: ReadonlyMap<number, Points>): ChartSeries[] {
  const positions = [...byPosition.keys()].sort((a, b) => a - b);
  const longest = [...byPosition.values()].reduce<Points | null>((a, b) => (a && a.steps.length >= b.steps.length ? a : b), null);
  const steps = chosenSteps(longest?.steps ?? []);
  return steps.map((step, i) => {
    const found = positions.flatMap((position) => {
      const points = byPosition.get(position);
      const at = points ? nearest(points.steps, step) : -1;
      // a position that no completion of this step reached has no weight
      return points?.steps[at] === step ? [{ position, weight: points.values[at] ?? Number.NaN }] : [];
    });
    const place = CURVES - steps.length + i;
    return {
      id: `curve-${i}`,
      label: `step ${formatInteger(step)}`,
      color: `var(${COLORS[place] ?? "--series-1"})`,
      dash: DASHES[place] ?? [],
      x: found.map(({ position }) => position),
      y: found.map(({ weight }) => weight),
    };
  });
}

export function profileSource(store: SeriesStore, runId: string, keys: readonly string[]): LineSource {
  const wanted = keys.map((key) => ({ runId, key }));
  let held: readonly Points[] = [];
  let lines: Lines = { series: [], marks: [] };
  return {
    subscribe: (listener) => store.subscribe(wanted, listener),
    read: () => {
      const now = keys.map((key) => store.get(runId, key));
      if (now.length === held.length && now.every((points, i) => points === held[i])) return lines;
      held = now;
      const byPosition = new Map(keys.map((key, i) => [Number(key.slice(WEIGHT_AT.length)), now[i] ?? store.get(runId, key)]));
      lines = { series: profiles(byPosition), marks: [] };
      return lines;
    },
  };
}
