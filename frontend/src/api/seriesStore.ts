// Metric series of the runs on a page: what was read and what arrives live, merged by (key, step).
// A chart subscribes to the series it shows, so that a point redraws only the charts it belongs to.
import { Columns, NO_POINTS, type Point, type Points } from "./columns";
import { fromWire } from "./numbers";
import type { MetricPoint, Series } from "./types";

export { NO_POINTS, type Points } from "./columns";

function id(runId: string, key: string): string {
  return `${runId}\n${key}`;
}

type Listener = () => void;

const NO_KEYS: readonly string[] = [];

export class SeriesStore {
  private readonly series = new Map<string, Columns>();
  private readonly runKeys = new Map<string, readonly string[]>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly keyListeners = new Set<Listener>();

  get(runId: string, key: string): Points {
    return this.series.get(id(runId, key))?.points ?? NO_POINTS;
  }

  /** Metric names a run has, sorted; the same array until there is a new one. */
  keys(runId: string): readonly string[] {
    return this.runKeys.get(runId) ?? NO_KEYS;
  }

  /** Puts what was read in place; points that came live meanwhile stay. */
  load(all: readonly Series[]): void {
    for (const item of all) {
      const columns = readColumns(item);
      const held = this.series.get(id(item.run_id, item.key));
      if (held) columns.addAfter(held.points, item.steps.at(-1) ?? -1);
      this.put(item.run_id, item.key, columns);
    }
  }

  /** Adds one run's points as the stream brings them; answers how many the longest series got live. */
  append(runId: string, points: readonly MetricPoint[]): number {
    const changed = new Set<string>();
    let most = 0;
    for (const { step, elapsed, tokens, values } of points) {
      for (const [key, value] of Object.entries(values)) {
        const name = id(runId, key);
        let columns = this.series.get(name);
        if (!columns) {
          columns = new Columns();
          this.series.set(name, columns);
        }
        const number = fromWire(value);
        columns.add({ step, elapsed, tokens, value: number, low: number, high: number });
        most = Math.max(most, columns.live);
        changed.add(key);
      }
    }
    for (const key of changed) this.changed(runId, key);
    return most;
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

  private put(runId: string, key: string, columns: Columns): void {
    this.series.set(id(runId, key), columns);
    this.changed(runId, key);
  }

  private changed(runId: string, key: string): void {
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

/** An answer of the server as columns. */
export function readColumns({ steps, values, elapsed, tokens, low, high, downsampled }: Series): Columns {
  const points = steps.map((step, i): Point => {
    const value = fromWire(values[i] ?? null);
    return {
      step,
      value,
      elapsed: elapsed[i] ?? 0,
      tokens: tokens[i] ?? 0,
      low: low ? fromWire(low[i] ?? null) : value,
      high: high ? fromWire(high[i] ?? null) : value,
    };
  });
  return new Columns(points, downsampled);
}
