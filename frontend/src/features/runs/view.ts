// Which columns are shown, in which order, how wide and which are pinned: read from the URL and written to it.
import type { RunColumn } from "@/api/types";

import { BUILT_IN, type ColumnSpec, DEFAULT_COLUMNS, specOf } from "./specs";
import type { RunsSearch } from "./search";

export const DEFAULT_PINS: readonly string[] = ["name"];
export const MIN_WIDTH = 48;
const MAX_WIDTH = 1200;

export interface View {
  /** In the order they stand: pinned ones first. */
  columns: ColumnSpec[];
  pins: readonly string[];
  widths: Readonly<Record<string, number>>;
  groups: readonly string[];
}

const split = (text: string | undefined) => (text ?? "").split(",").filter(Boolean);

export function viewOf(search: RunsSearch, known: readonly RunColumn[]): View {
  const names = [...new Set(search.col ? split(search.col) : DEFAULT_COLUMNS)].filter(
    (name) => name in BUILT_IN || name.startsWith("config.") || name.startsWith("metric."),
  );
  const pins = (search.pin === undefined ? DEFAULT_PINS : split(search.pin)).filter((name) => names.includes(name));
  const ordered = [...pins, ...names.filter((name) => !pins.includes(name))];
  const info = new Map(known.map((column) => [column.name, column]));
  return {
    columns: ordered.map((name) => specOf(name, info.get(name))),
    pins,
    widths: parseWidths(search.width),
    groups: split(search.group),
  };
}

function parseWidths(text: string | undefined): Record<string, number> {
  const pairs = split(text).map((part) => {
    const at = part.lastIndexOf(":");
    return [part.slice(0, at), Number(part.slice(at + 1))] as const;
  });
  return Object.fromEntries(pairs.filter(([, width]) => width >= MIN_WIDTH && width <= MAX_WIDTH));
}

type Changes = Partial<RunsSearch>;

const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((one, i) => one === b[i]);

/** Shows these columns in this order. */
export function withColumns(names: readonly string[]): Changes {
  return { col: names.length === 0 || same(names, DEFAULT_COLUMNS) ? undefined : names.join(",") };
}

export function withPins(pins: readonly string[]): Changes {
  return { pin: same(pins, DEFAULT_PINS) ? undefined : pins.join(",") || "none" };
}

export function withWidth(view: View, name: string, width: number | undefined): Changes {
  const others = Object.entries(view.widths).filter(([one]) => one !== name);
  const mine = width === undefined ? [] : [[name, Math.round(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width)))] as const];
  const text = [...others, ...mine].map(([one, size]) => `${one}:${size}`);
  return { width: text.join(",") || undefined };
}

/** Moves a column to the place of another; it is pinned when that one is. */
export function moved(view: View, name: string, onto: string): Changes {
  const names = view.columns.map((column) => column.name);
  const from = names.indexOf(name);
  const to = names.indexOf(onto);
  if (from < 0 || to < 0 || from === to) return {};
  names.splice(to, 0, ...names.splice(from, 1));
  const pinned = view.pins.includes(onto);
  const pins = names.filter((one) => (one === name ? pinned : view.pins.includes(one)));
  return { ...withColumns(names), ...withPins(pins) };
}

/** One place to the left or right. */
export function shifted(view: View, name: string, by: -1 | 1): Changes {
  const at = view.columns.findIndex((column) => column.name === name);
  const onto = view.columns[at + by];
  return onto ? moved(view, name, onto.name) : {};
}

export function togglePin(view: View, name: string): Changes {
  const pins = view.pins.includes(name) ? view.pins.filter((one) => one !== name) : [...view.pins, name];
  return withPins(pins);
}

export function toggleColumn(view: View, name: string): Changes {
  const names = view.columns.map((column) => column.name);
  if (!names.includes(name)) return withColumns([...names, name]);
  const others = names.filter((one) => one !== name);
  return others.length > 0 ? withColumns(others) : {};
}
