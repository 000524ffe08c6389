// Which charts are pinned and in which order charts stand: one layout for all runs, kept in the browser.
import { useSyncExternalStore } from "react";

const KEY = "ahora-charts";

export interface ChartLayout {
  /** Metric names, in the order in which they are shown on top. */
  pinned: readonly string[];
  /** Metric names that were moved, in their order, by section. */
  order: Readonly<Record<string, readonly string[]>>;
}

const EMPTY: ChartLayout = { pinned: [], order: {} };
const listeners = new Set<() => void>();

export function parseLayout(text: string | null): ChartLayout {
  try {
    const found = JSON.parse(text ?? "") as Partial<ChartLayout> | null;
    const order = Object.entries(found?.order ?? {}).filter(([, keys]) => isNames(keys));
    return { pinned: isNames(found?.pinned) ? found.pinned : [], order: Object.fromEntries(order) };
  } catch {
    return EMPTY;
  }
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function stored(): ChartLayout {
  try {
    return parseLayout(localStorage.getItem(KEY));
  } catch {
    return EMPTY; // storage is off
  }
}

let layout = stored();

function set(next: ChartLayout): void {
  layout = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // storage is off: the layout lasts until the page is closed
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const onStorage = (event: StorageEvent) => {
    if (event.key !== KEY) return;
    layout = stored();
    listener();
  };
  window.addEventListener("storage", onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", onStorage);
  };
}

export function useChartLayout(): ChartLayout {
  return useSyncExternalStore(subscribe, () => layout);
}

export function togglePin(key: string): void {
  const { pinned } = layout;
  set({ ...layout, pinned: pinned.includes(key) ? pinned.filter((one) => one !== key) : [...pinned, key] });
}

/** Puts a chart of a section in the place of another one of it. */
export function moveChart(section: string, keys: readonly string[], from: string, to: string): void {
  const moved = moveTo(keys, from, to);
  if (section === PINNED) set({ ...layout, pinned: [...moved, ...layout.pinned.filter((one) => !moved.includes(one))] });
  else set({ ...layout, order: { ...layout.order, [section]: moved } });
}

export const PINNED = "Pinned";

/** `keys` with `from` where `to` stands. */
export function moveTo(keys: readonly string[], from: string, to: string): string[] {
  const place = keys.indexOf(to);
  const rest = keys.filter((key) => key !== from);
  return [...rest.slice(0, place), from, ...rest.slice(place)];
}

/** `items` in the order that was chosen; those that were never moved keep their place behind. */
export function ordered<T extends { key: string }>(items: readonly T[], order: readonly string[] = []): T[] {
  const place = (item: T) => {
    const at = order.indexOf(item.key);
    return at < 0 ? Infinity : at;
  };
  return items.toSorted((a, b) => place(a) - place(b) || 0);
}
