// What can be done from the keyboard and from the command palette: one registry, which the keys, the
// palette and the list of shortcuts (`?`) all read. A view says what it offers with `useActions`.
import { useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";

export interface Action {
  /** Unique among what is on the page. */
  id: string;
  /** As a button would say it: "Pause this run". */
  label: string;
  /** Heading it stands under: "Go to", "This run". */
  group: string;
  /** `j`, `/`, `Enter`, `g r` (one after the other) or `mod+k` (Ctrl, on a Mac Command). */
  keys?: string;
  /** Further words the palette finds it by. */
  words?: string;
  /** False: a key alone, such as "next row"; the palette leaves it out. */
  inPalette?: boolean;
  run: () => void;
}

const registered = new Map<symbol, { actions: readonly Action[]; under: boolean }>();
const listeners = new Set<() => void>();
let all: readonly Action[] = [];

function changed(): void {
  const parts = [...registered.values()].sort((a, b) => Number(b.under) - Number(a.under));
  all = parts.flatMap(({ actions }) => actions);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What can be done now; where two have the same keys, the later one counts. */
export function currentActions(): readonly Action[] {
  return all;
}

export function useAllActions(): readonly Action[] {
  return useSyncExternalStore(subscribe, currentActions);
}

/** Under their headings, in the order in which these first come. */
export function byGroup<T extends { group: string }>(entries: readonly T[]): [string, T[]][] {
  const names = [...new Set(entries.map((entry) => entry.group))];
  return names.map((name) => [name, entries.filter((entry) => entry.group === name)]);
}

/**
 * Offers `actions` while the component is mounted. They may be new objects at each render.
 * With `under` they give way to any others with the same keys, as what is there on every page does.
 */
export function useActions(actions: readonly Action[], under = false): void {
  const newest = useRef(actions);
  const key = useRef(Symbol("actions"));
  const shown = actions.map(({ id, label, group, keys, words, inPalette }) => [id, label, group, keys, words, inPalette]);
  const shape = JSON.stringify(shown);
  useLayoutEffect(() => {
    newest.current = actions;
  });
  useEffect(() => {
    const mine = key.current;
    const run = (id: string) => newest.current.find((one) => one.id === id)?.run();
    registered.set(mine, { under, actions: newest.current.map((action) => ({ ...action, run: () => run(action.id) })) });
    changed();
    return () => {
      registered.delete(mine);
      changed();
    };
    // what they do is read when they are called; only what is shown of them is registered anew
  }, [shape, under]);
}
