// Which part of the x axis is shown. Charts of one key share it, those too that scroll into view later.
import { useCallback, useId, useSyncExternalStore } from "react";

export type Range = readonly [from: number, to: number];

const ranges = new Map<string, Range>();
const listeners = new Map<string, Set<() => void>>();

function subscribe(key: string, listener: () => void): () => void {
  const set = listeners.get(key) ?? new Set();
  set.add(listener);
  listeners.set(key, set);
  return () => {
    set.delete(listener);
    if (set.size > 0) return;
    // the page is gone, and the next one starts with everything in view
    listeners.delete(key);
    ranges.delete(key);
  };
}

function setRange(key: string, range: Range | null): void {
  if (range) ranges.set(key, range);
  else ranges.delete(key);
  for (const listener of listeners.get(key) ?? []) listener();
}

/** The range shown, null for all of it; charts with the same key and axis share it. */
export function useZoom(syncKey: string | undefined, axis: string): [Range | null, (range: Range | null) => void] {
  const own = useId();
  const key = `${syncKey ?? own} ${axis}`;
  const range = useSyncExternalStore(
    useCallback((listener) => subscribe(key, listener), [key]),
    () => ranges.get(key) ?? null,
  );
  return [range, useCallback((next: Range | null) => setRange(key, next), [key])];
}
