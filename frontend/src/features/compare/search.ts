/** The whole state of the compare page, as it stands in the URL. */

import type { ChosenAxis } from "@/components/charts/ChartControls";

export interface CompareSearch {
  /** Run ids in the order of their colours. */
  runs: string[];
  /** Runs whose lines are hidden. */
  hide: string[];
  /** Weight of the exponential moving average, 0 to 0.99. */
  smooth: number;
  x: ChosenAxis;
  log: boolean;
  /** Filter over metric names. */
  q: string;
}

/** The search as the URL holds it: defaults are left out. */
export interface CompareParams {
  runs?: string;
  hide?: string;
  smooth?: number;
  x?: ChosenAxis;
  log?: boolean;
  q?: string;
}

export const MAX_COMPARED = 32;

/** Keeps what is well formed of a URL that anybody may have typed. */
export function validateCompareSearch(search: Record<string, unknown>): CompareParams {
  const smooth = Number(search.smooth);
  const params: CompareParams = {};
  const runs = ids(search.runs);
  const hide = ids(search.hide).filter((id) => runs.includes(id));
  if (runs.length > 0) params.runs = runs.join(",");
  if (hide.length > 0) params.hide = hide.join(",");
  if (smooth > 0) params.smooth = Math.min(0.99, smooth);
  if (search.x === "time" || search.x === "tokens") params.x = search.x;
  if (search.log === true || search.log === "true" || search.log === 1) params.log = true;
  if (typeof search.q === "string" && search.q) params.q = search.q;
  return params;
}

export function readCompareSearch(params: CompareParams): CompareSearch {
  return {
    runs: ids(params.runs),
    hide: ids(params.hide),
    smooth: params.smooth ?? 0,
    x: params.x ?? "step",
    log: params.log ?? false,
    q: params.q ?? "",
  };
}

/** Distinct run ids of a comma-separated list; one that is all digits arrives as a number. */
function ids(value: unknown): string[] {
  if (typeof value !== "string" && typeof value !== "number") return [];
  const parts = String(value)
    .split(",")
    .map((id) => id.trim())
    .filter((id) => /^[\w-]{1,64}$/.test(id));
  return [...new Set(parts)].slice(0, MAX_COMPARED);
}
