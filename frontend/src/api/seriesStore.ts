// Metric series of the runs on a page: what was read and what arrives live, merged by (key, step).
// A chart subscribes to the series it shows, so that a point redraws only the charts it belongs to.
import { fromWire } from "./numbers";
import type { MetricPoint, Series } from "./types";

/** One metric of one run, in the order of steps. NaN and infinities are real numbers here. */
export interface Points {
  readonly steps: readonly number[];
  readonly values: readonly number[];
  readonly elapsed: readonly number[];
  readonly tokens: readonly number[];
}

export const NO_POINTS: Points = { steps: [], values: [], elapsed: [], tokens: [] };

interface Point {
  step: number;
  value: number;
  elapsed: number;
  tokens: number;
}

/** `points` with `added` in it: a step that is already there is replaced, others go to their place. */
export function mergePoints(points: Points, added: readonly Point[]): Points {
  const steps = [...points.steps];
  const values = [...points.values];
  const elapsed = [...points.elapsed];
  const tokens = [...points.tokens];
  for (const point of added) {
    let at = steps.length;
    while (at > 0 && (steps[at - 1] ?? 0) >= point.step) at -= 1; // nearly always the end
    const replaced = steps[at] === point.step ? 1 : 0;
    steps.splice(at, replaced, point.step);
    values.splice(at, replaced, point.value);
    elapsed.splice(at, replaced, point.elapsed);
    tokens.splice(at, replaced, point.tokens);
  }
  return { steps, values, elapsed, tokens };
}

function id(runId: string, key: string): string {
  return `${runId}\n${key}`;
}

type Listener = () => void;

const NO_KEYS: readonly string[] = [];

export class SeriesStore {
  private readonly series = new Map<string, Points>();
  private readonly runKeys = new Map<string, readonly string[]>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly keyListeners = new Set<Listener>();

  get(runId: string, key: string): Points {
    return this.series.get(id(runId, key)) ?? NO_POINTS;
  }

  /** Metric names a run has, sorted; the same array until there is a new one. */
  keys(runId: string): readonly string[] {
    return this.runKeys.get(runId) ?? NO_KEYS;
  }

  /** Puts what was read in place; points that came live meanwhile stay. */
  load(all: readonly Series[]): void {
    for (const item of all) {
      const read: Point[] = item.steps.map((step, i) => ({
        step,
        value: fromWire(item.values[i] ?? null),
        elapsed: item.elapsed[i] ?? 0,
        tokens: item.tokens[i] ?? 0,
      }));
      this.put(item.run_id, item.key, mergePoints(mergePoints(NO_POINTS, read), this.liveOnly(item)));
    }
  }

  /** Adds one run's points as the stream brings them. */
  append(runId: string, points: readonly MetricPoint[]): void {
    const byKey = new Map<string, Point[]>();
    for (const { step, elapsed, tokens, values } of points) {
      for (const [key, value] of Object.entries(values)) {
        const list = byKey.get(key) ?? [];
        list.push({ step, elapsed, tokens, value: fromWire(value) });
        byKey.set(key, list);
      }
    }
    for (const [key, list] of byKey) this.put(runId, key, mergePoints(this.get(runId, key), list));
  }

  /** Forgets a run's points: an earlier attempt's were superseded. */
  clear(runId: string): void {
    for (const key of this.keys(runId)) {
      this.series.delete(id(runId, key));
      this.notify(id(runId, key));
    }
  }

  subscribe(series: readonly { runId: string; key: string }[], listener: Listener): () => void {
    const ids = series.map(({ runId, key }) => id(runId, key));
    for (const name of ids) {
      const set = this.listeners.get(name) ?? new Set();
      set.add(listener);
      this.listeners.set(name, set);
    }
    return () => ids.forEach((name) => this.listeners.get(name)?.delete(listener));
  }

  subscribeKeys(listener: Listener): () => void {
    this.keyListeners.add(listener);
    return () => this.keyListeners.delete(listener);
  }

  private liveOnly(item: Series): Point[] {
    const last = item.steps.at(-1) ?? -1;
    const held = this.get(item.run_id, item.key);
    return held.steps
      .map((step, i) => ({
        step,
        value: held.values[i] ?? Number.NaN,
        elapsed: held.elapsed[i] ?? 0,
        tokens: held.tokens[i] ?? 0,
      }))
      .filter((point) => point.step > last);
  }

  private put(runId: string, key: string, points: Points): void {
    this.series.set(id(runId, key), points);
    const known = this.keys(runId);
    if (!known.includes(key)) {
      this.runKeys.set(runId, [...known, key].sort());
      for (const listener of this.keyListeners) listener();
    }
    this.notify(id(runId, key));
  }

  private notify(name: string): void {
    for (const listener of this.listeners.get(name) ?? []) listener();
  }
}

