import { type Filter, FILTERS } from "../rollouts/filter";
import { type Shade, SHADES } from "../rollouts/shading";
import { type Level, LEVELS } from "./logFeed";

export const RUN_TABS = ["charts", "horizon", "rollouts", "logs", "config", "provenance", "checkpoints", "timeline"] as const;
/** What there is to see of a job on a checkpoint; its result stands with the checkpoint. */
export const JOB_TABS = ["logs", "config", "provenance", "timeline"] as const satisfies readonly (typeof RUN_TABS)[number][];
export type RunTab = (typeof RUN_TABS)[number];

/** What a link to a run page says; defaults are left out. */
export interface RunSearch {
  tab?: RunTab;
  /** Step whose rollouts are shown; absent is the newest. */
  step?: number;
  /** What the rollouts' tokens are shaded by. */
  shade?: Shade;
  /** Which completions are shown. */
  show?: Filter;
  /** Text that shown rollouts have. */
  find?: string;
  /** Group of the step that the link is about, from 0. */
  group?: number;
  /** Prompt that is followed over steps. */
  prompt?: string;
  x?: "time" | "tokens";
  smooth?: number;
  log?: boolean;
  /** Outliers are left out of the picture. */
  fence?: boolean;
  /** Part of the x axis that charts show, `from:to`. */
  zoom?: string;
  /** The same for the charts of the system, which have another axis. */
  szoom?: string;
  /** Rule whose alert the link is about. */
  alert?: string;
  /** Metric that is shown on the whole screen. */
  chart?: string;
  /** Least level of the log's lines that are shown. */
  level?: Exclude<Level, "debug">;
  /** Text that shown log lines have. */
  q?: string;
  /** How the configuration is shown. */
  as?: "yaml" | "changes";
}

/** Keeps what is well formed of a URL that anybody may have typed. */
export function validateRunSearch(search: Record<string, unknown>): RunSearch {
  const result: RunSearch = {};
  const tab = RUN_TABS.find((one) => one === search.tab);
  if (tab && tab !== "charts") result.tab = tab;
  const step = Number(search.step);
  if (search.step !== undefined && Number.isInteger(step) && step >= 0) result.step = step;
  const shade = SHADES.find((one) => one.key === search.shade)?.key;
  if (shade && shade !== "entropy") result.shade = shade;
  const show = FILTERS.find((one) => one === search.show);
  if (show && show !== "all") result.show = show;
  if (typeof search.find === "string" && search.find) result.find = search.find;
  const group = Number(search.group);
  if (search.group !== undefined && Number.isInteger(group) && group >= 0) result.group = group;
  if (typeof search.prompt === "string" && search.prompt) result.prompt = search.prompt;
  if (search.x === "time" || search.x === "tokens") result.x = search.x;
  const smooth = Number(search.smooth);
  if (smooth > 0) result.smooth = Math.min(0.99, smooth);
  if (search.log === true || search.log === "true") result.log = true;
  if (search.fence === true || search.fence === "true") result.fence = true;
  if (isRange(search.zoom)) result.zoom = search.zoom;
  if (isRange(search.szoom)) result.szoom = search.szoom;
  if (typeof search.alert === "string" && search.alert) result.alert = search.alert;
  if (typeof search.chart === "string" && search.chart) result.chart = search.chart;
  const level = LEVELS.find((one) => one === search.level);
  if (level && level !== "debug") result.level = level;
  // the router reads what looks like a number as one
  if (["string", "number"].includes(typeof search.q) && search.q !== "") result.q = String(search.q);
  if (search.as === "yaml" || search.as === "changes") result.as = search.as;
  return result;
}

function isRange(value: unknown): value is string {
  return typeof value === "string" && /^-?[\d.e+-]+:-?[\d.e+-]+$/.test(value);
}
