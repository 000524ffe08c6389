import type { RunFilters } from "@/api/queries";
import type { RunStatus } from "@/api/types";

export const STATUSES: readonly RunStatus[] = [
  "queued",
  "starting",
  "running",
  "pausing",
  "paused",
  "stopping",
  "stopped",
  "completed",
  "failed",
  "lost",
];

/** The whole view of the run table, as the URL holds it; defaults are left out. */
export interface RunsSearch {
  q?: string;
  status?: RunStatus[];
  tag?: string[];
  algorithm?: string;
  project?: string;
  /** Conditions: `config.optimizer.learning_rate>1e-5`. */
  where?: string[];
  deleted?: boolean;
  /** Columns with commas between, `-` in front descends. */
  sort?: string;
  /** Columns that are shown, in order, with commas between. */
  col?: string;
  /** Columns pinned to the left; `none` for none. */
  pin?: string;
  /** Widths that were changed: `name:300,status:90`. */
  width?: string;
  /** Columns that rows are grouped by. */
  group?: string;
  /** Groups that are open. */
  open?: string[];
  /** Name of the saved view this began as. */
  view?: string;
}

export const DEFAULT_SORT = "-created_at";

const TEXTS = ["q", "algorithm", "project", "col", "pin", "width", "group", "view"] as const;
const FILTERS = ["q", "status", "tag", "algorithm", "project", "where", "deleted"] as const;

/** Keeps what is well formed of a URL that anybody may have typed. */
export function validateRunsSearch(search: Record<string, unknown>): RunsSearch {
  const result: RunsSearch = {};
  for (const key of TEXTS) {
    const value = search[key];
    if (typeof value === "string" && value) result[key] = value;
  }
  const statuses = list(search.status).filter((one): one is RunStatus => STATUSES.includes(one as RunStatus));
  if (statuses.length > 0) result.status = statuses;
  for (const key of ["tag", "where", "open"] as const) {
    const values = list(search[key]);
    if (values.length > 0) result[key] = values;
  }
  if (typeof search.sort === "string" && search.sort !== DEFAULT_SORT && isSort(search.sort)) result.sort = search.sort;
  if (search.deleted === true || search.deleted === "true") result.deleted = true;
  return result;
}

function list(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return [...new Set(values.filter((one): one is string => typeof one === "string" && one !== ""))];
}

function isSort(sort: string): boolean {
  return sort.split(",").every((part) => /^-?\w[^,]*$/.test(part));
}

/** What the API filters and sorts by. */
export function toFilters(search: RunsSearch): RunFilters {
  const filters: RunFilters = { sort: search.sort ?? DEFAULT_SORT };
  for (const key of FILTERS) if (search[key] !== undefined) Object.assign(filters, { [key]: search[key] });
  return filters;
}

/** A view without its filters. */
export function cleared(search: RunsSearch): RunsSearch {
  const kept = Object.entries(search).filter(([key]) => !FILTERS.some((one) => one === key));
  return Object.fromEntries(kept);
}

/** Whether anything is filtered. */
export function isFiltered(search: RunsSearch): boolean {
  return FILTERS.some((key) => search[key] !== undefined);
}

export interface Sorted {
  column: string;
  descending: boolean;
}

/** The columns sorted by, the most telling first. */
export function sorts(search: RunsSearch): Sorted[] {
  return (search.sort ?? DEFAULT_SORT)
    .split(",")
    .map((part) => ({ column: part.replace(/^-/, ""), descending: part.startsWith("-") }));
}

const UPWARDS = new Set(["name", "status", "algorithm", "model", "project", "created_by", "seed"]);

/**
 * The order after a click on a column: numbers and times from the top, texts from A; a second click turns it round.
 * With `more` (shift) the column is added to those sorted by; once it was both ways it goes.
 */
export function nextSort(search: RunsSearch, column: string, more: boolean): string {
  const old = sorts(search);
  const held = old.find((one) => one.column === column);
  const first = !UPWARDS.has(column);
  const write = (all: Sorted[]) => all.map((one) => (one.descending ? "-" : "") + one.column).join(",");
  if (!more) {
    const alone = held !== undefined && old.length === 1;
    return write([{ column, descending: alone ? !held.descending : first }]);
  }
  if (!held) return write([...old, { column, descending: first }]);
  if (held.descending === first) return write(old.map((one) => (one === held ? { column, descending: !first } : one)));
  const others = old.filter((one) => one !== held);
  return others.length > 0 ? write(others) : DEFAULT_SORT;
}
