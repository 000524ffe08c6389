import { useSyncExternalStore } from "react";

// One clock for the whole page: a timer for each relative time would wake it all the time.
const TICK_MS = 5000;
const listeners = new Set<() => void>();
let now = new Date();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = new Date();
    timer = setInterval(() => {
      now = new Date();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** The time, renewed every few seconds. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}
