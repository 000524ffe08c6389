/** The whole state of the compare page, as it stands in the URL. */

import type { ChosenAxis } from "@/components/charts/ChartControls";

export interface CompareSearch {
  /** Run ids in the order of their colours. */
  runs: string[];
  /** The experiment whose runs they are, all of them. */
  experiment?: string;
  /** `auto`, `run`, `seeds`, `algorithm`, `model`, `tags`, `hand` or a configuration field. */
  by: string;
  /** Groups by hand: run ids by label. */
  hand: HandGroup[];
  /** A run of the group that the others are compared with. */
  baseline: string | undefined;
  /** Charts show the difference to the baseline. */
  diff: boolean;
  /** Each run is drawn beside the mean of its group. */
  each: boolean;
  /** Lines that are hidden, by the id of their first run. */
  hide: string[];
  /** Weight of the exponential moving average, 0 to 0.99. */
  smooth: number;
  x: ChosenAxis;
  log: boolean;
  /** Filter over metric names. */
  q: string;
  /** Axes of the scatter plot: a configuration field or a result. */
  sx: string | undefined;
  sy: string | undefined;
  /** Axes of the parallel plot. */
  axes: string[];
  /** Part of an axis that runs must lie in, as shares of it. */
  picked: Picked;
  /** Run, checkpoint, run, checkpoint that are tried on a prompt, and the two jobs that did it. */
  pair: string[];
  jobs: string[];
}

export type Picked = Readonly<Record<string, readonly [number, number]>>;

export interface HandGroup {
  label: string;
  ids: string[];
}

/** The search as the URL holds it: defaults are left out. */
export interface CompareParams {
  runs?: string;
  by?: string;
  group?: string[];
  baseline?: string;
  diff?: boolean;
  each?: boolean;
  hide?: string;
  smooth?: number;
  x?: ChosenAxis;
  log?: boolean;
  q?: string;
  sx?: string;
  sy?: string;
  axes?: string;
  picked?: string;
  pair?: string;
  jobs?: string;
}

/** Runs that can be picked, and lines that a chart draws. */
export const MAX_COMPARED = 100;

/** A way to group, or the path of a configuration field. */
const BY = /^[A-Za-z0-9_.-]{1,200}$/;

/** Keeps what is well formed of a URL that anybody may have typed; of longer lists than `most` the beginning. */
export function validateCompareSearch(search: Record<string, unknown>, most = MAX_COMPARED): CompareParams {
  const smooth = Number(search.smooth);
  const params: CompareParams = {};
  const runs = ids(search.runs, most);
  const hide = ids(search.hide, most).filter((id) => runs.includes(id));
  const [baseline] = ids(search.baseline, 1);
  const groups = texts(search.group).flatMap((text) => parseGroup(text, most));
  if (runs.length > 0) params.runs = runs.join(",");
  if (typeof search.by === "string" && BY.test(search.by) && search.by !== "auto") params.by = search.by;
  if (params.by === "hand" && groups.length > 0) params.group = groups.map(writeGroup);
  if (params.by === "hand" && groups.length === 0) delete params.by;
  if (baseline && runs.includes(baseline)) params.baseline = baseline;
  if (isOn(search.diff)) params.diff = true;
  if (isOn(search.each)) params.each = true;
  if (hide.length > 0) params.hide = hide.join(",");
  if (smooth > 0) params.smooth = Math.min(0.99, smooth);
  if (search.x === "time" || search.x === "tokens") params.x = search.x;
  if (isOn(search.log)) params.log = true;
  if (typeof search.q === "string" && search.q) params.q = search.q;
  if (typeof search.sx === "string" && BY.test(search.sx)) params.sx = search.sx;
  if (typeof search.sy === "string" && BY.test(search.sy)) params.sy = search.sy;
  const axes = keys(search.axes);
  if (axes.length > 1) params.axes = axes.join(",");
  const picked = writePicked(readPicked(search.picked));
  if (picked) params.picked = picked;
  const pair = list(search.pair).slice(0, 4);
  const jobs = list(search.jobs).slice(0, 2);
  if (pair.length > 0) params.pair = pair.join(",");
  if (jobs.length === 2) params.jobs = jobs.join(",");
  return params;
}

export function readCompareSearch(params: CompareParams, most = MAX_COMPARED): CompareSearch {
  return {
    runs: ids(params.runs, most),
    by: params.by ?? "auto",
    hand: (params.group ?? []).flatMap((text) => parseGroup(text, most)),
    baseline: params.baseline,
    diff: params.diff ?? false,
    each: params.each ?? false,
    hide: ids(params.hide, most),
    smooth: params.smooth ?? 0,
    x: params.x ?? "step",
    log: params.log ?? false,
    q: params.q ?? "",
    sx: params.sx,
    sy: params.sy,
    axes: keys(params.axes),
    picked: readPicked(params.picked),
    pair: list(params.pair),
    jobs: list(params.jobs),
  };
}

/** `LABEL:ID,ID`, as the API takes it. */
export function writeGroup({ label, ids }: HandGroup): string {
  return `${label}:${ids.join(",")}`;
}

function parseGroup(text: string, most: number): HandGroup[] {
  const colon = text.lastIndexOf(":");
  const label = text.slice(0, colon).trim().slice(0, 200);
  const runs = ids(text.slice(colon + 1), most);
  return colon > 0 && label && runs.length > 0 ? [{ label, ids: runs }] : [];
}

function isOn(value: unknown): boolean {
  return value === true || value === "true" || value === 1;
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === "string");
}

/** Ids of a comma-separated list; one that is all digits arrives as a number. */
function list(value: unknown): string[] {
  if (typeof value !== "string" && typeof value !== "number") return [];
  return String(value)
    .split(",")
    .map((id) => id.trim())
    .filter((id) => /^[\w-]{1,64}$/.test(id));
}

/** Names of quantities. */
function keys(value: unknown): string[] {
  return typeof value === "string" ? value.split(",").filter((key) => BY.test(key)) : [];
}

/** `KEY:FROM:TO`, with commas between. */
export function writePicked(picked: Picked): string {
  return Object.entries(picked)
    .map(([key, [from, to]]) => `${key}:${from.toFixed(3)}:${to.toFixed(3)}`)
    .join(",");
}

function readPicked(value: unknown): Picked {
  const parts = typeof value === "string" ? value.split(",") : [];
  return Object.fromEntries(
    parts.flatMap((part) => {
      const [key = "", from, to] = part.split(":");
      const range = [Number(from ?? NaN), Number(to ?? NaN)] as const;
      return BY.test(key) && range[0] < range[1] ? [[key, range]] : [];
    }),
  );
}

/** Distinct run ids. */
function ids(value: unknown, most: number): string[] {
  return [...new Set(list(value))].slice(0, most);
}
