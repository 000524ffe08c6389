// j and k through the rows of any list. A row is an element with `data-row`; what takes focus in it is
// its first link, or its first button, so that Enter does what it does for everybody.
import { type Action, useActions } from "./actions";

const FOCUSED = "a[href], button:not([role=checkbox], :disabled), summary";

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("main [data-row]")].filter((row) => row.querySelector(FOCUSED));
}

function current(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-row]") ?? null;
}

/** The next or previous row; without one, the first that is in view. */
function move(by: 1 | -1): void {
  const list = rows();
  const here = current();
  const place = here ? list.indexOf(here) + by : list.findIndex((row) => row.getBoundingClientRect().top >= 0);
  const row = list[Math.min(Math.max(place, 0), list.length - 1)];
  row?.querySelector<HTMLElement>(FOCUSED)?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

function press(selector: string): void {
  current()?.querySelector<HTMLElement>(selector)?.click();
}

const ACTIONS: readonly Action[] = [
  { id: "row-next", label: "Next row", group: "Lists", keys: "j", inPalette: false, run: () => move(1) },
  { id: "row-previous", label: "Previous row", group: "Lists", keys: "k", inPalette: false, run: () => move(-1) },
  { id: "row-open", label: "Open the row", group: "Lists", keys: "o", inPalette: false, run: () => press(FOCUSED) },
  { id: "row-select", label: "Tick the row", group: "Lists", keys: "x", inPalette: false, run: () => press("[role=checkbox]") },
];

/** Once, in the shell: rows say themselves that they are rows. */
export function useListKeys(): void {
  useActions(ACTIONS, true);
}
