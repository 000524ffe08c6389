// How numbers, times and sizes are written everywhere.

const MINUS = "\u2212";
export const NONE = "\u2013";

// made once: a table that scrolls would spend a sixth of its scripts' time on making them
const WHOLE = new Intl.NumberFormat("en-US");
const TENTHS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** A number with about four significant digits, without noise; `–` when there is none. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return NONE;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (Number.isInteger(value) && size < 1e6) return withMinus(WHOLE.format(value));
  if (size >= 1e6) return withMinus(compact(value));
  if (size < 1e-3) return withMinus(value.toExponential(2).replace(/\.?0*e-/, `e${MINUS}`));
  if (size >= 1000) return withMinus(TENTHS.format(value));
  return withMinus(trimZeros(value.toPrecision(digits)));
}

/** `12.35K`. */
export function compact(value: number): string {
  return COMPACT.format(value);
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function withMinus(text: string): string {
  return text.replace(/^-/, MINUS);
}

/** A fixed number of decimals, so that a live value does not jump about in a table. */
export function formatFixed(value: number | null | undefined, decimals = 3): string {
  if (value === null || value === undefined) return NONE;
  if (!Number.isFinite(value)) return formatNumber(value);
  return withMinus(value.toFixed(decimals));
}

/** Four digits, zeros at the end too, so that the values of a column stand under each other. */
export function formatAligned(value: number | null | undefined): string {
  const size = Math.abs(value ?? NaN);
  if (!(size >= 1e-3 && size < 1000) || Number.isInteger(value)) return formatNumber(value);
  return formatFixed(value, size < 1 ? 4 : 3 - Math.floor(Math.log10(size)));
}

/** A share as a percentage. */
export function formatPercent(value: number | null | undefined, decimals = 1): string {
  if (value === null || value === undefined) return NONE;
  if (!Number.isFinite(value)) return formatNumber(value);
  return `${withMinus((value * 100).toFixed(decimals))}\u202f%`;
}

export function formatInteger(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : withMinus(WHOLE.format(Math.round(value)));
}

/** As narrow as it gets: `20K`. */
export function formatShort(value: number): string {
  return (Math.abs(value) >= 10_000 ? SHORT : WHOLE).format(value);
}

/** A number and its unit. */
export function formatValue(value: number | null | undefined, unit: string): string {
  const text = formatNumber(value);
  return unit && text !== NONE ? `${text} ${unit}` : text;
}

/** Seconds as `42 s`, `3 min 20 s`, `2 h 05 min` or `3 d 4 h`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes} min ${pad(total % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${pad(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** Bytes with binary steps: `1.5 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** `just now`, `3 min ago`, `2 h ago`, `5 d ago`, then a date. */
export function formatAgo(time: string | Date, now: Date = new Date()): string {
  const then = new Date(time);
  const seconds = (now.getTime() - then.getTime()) / 1000;
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return DATE.format(then);
}

/** The absolute time, for titles. */
export function formatTime(time: string | Date): string {
  return TIME.format(new Date(time));
}

const ALGORITHMS: Record<string, string> = { grpo: "GRPO", ah_grpo: "AH-GRPO", sa_ah_grpo: "SA-AH-GRPO" };

/** `SA-AH-GRPO`, for people. */
export function algorithmName(name: string): string {
  return ALGORITHMS[name] ?? name;
}

/** `SA-AH-GRPO α 0.5`; GRPO has no alpha. */
export function algorithmLabel(name: string, alpha: number): string {
  return name === "grpo" ? algorithmName(name) : `${algorithmName(name)} α ${formatNumber(alpha)}`;
}

/** A model's name without the hub's owner or the folders before it. */
export function shortModel(name: string): string {
  return name.split("/").findLast(Boolean) ?? name;
}
