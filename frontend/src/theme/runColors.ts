// Colours of runs: the same run keeps its place in a list, so it keeps its colour in every chart of a page.
const COLORS = 8;
const DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [10, 4, 2, 4], [12, 3], [1, 4]];

/** Colour of the i-th run, as a CSS value that follows the theme. */
export function runColor(i: number): string {
  return `var(--series-${(i % COLORS) + 1})`;
}

/** Dash pattern of the i-th run: solid for the first eight, another one each time colours repeat. */
export function runDash(i: number): number[] {
  return [...(DASHES[Math.floor(i / COLORS) % DASHES.length] ?? [])];
}

/** A CSS value with its `var(...)` replaced: a canvas knows no variables. */
export function resolveColor(color: string, element: Element = document.documentElement): string {
  const name = /^var\((--[\w-]+)\)$/.exec(color)?.[1];
  return name ? getComputedStyle(element).getPropertyValue(name).trim() : color;
}
