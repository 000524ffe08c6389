// Where a chart gets its lines from while they grow, without its page being rendered for each point.
import type { ChartSeries, Mark } from "./data";

export interface Lines {
  series: readonly ChartSeries[];
  marks: readonly Mark[];
}

export interface LineSource {
  /** Tells of each change; what changed is read later. */
  subscribe: (listener: () => void) => () => void;
  /** The lines as they are now, the same object while nothing changed. */
  read: () => Lines;
  /** Where a step stands on the axis; null where no point is near it. */
  at?: (step: number) => number | null;
}

/** Lines that are as they are. */
export function still(series: readonly ChartSeries[], marks: readonly Mark[] = []): LineSource {
  const lines = { series, marks };
  return { subscribe: () => () => undefined, read: () => lines };
}
