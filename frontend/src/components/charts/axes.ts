// How the axes of charts write their values.
import { compact, formatDuration, formatInteger, formatNumber, formatShort } from "@/lib/format";

import type { XAxis } from "./data";

export const X_LABELS: Record<XAxis, string> = {
  step: "Step",
  time: "Training time",
  tokens: "Tokens",
  wall: "Time since the first start",
  position: "Position in the completion",
};

/** Seconds between ticks of a time axis, so that they stand at round minutes, hours and days. */
export const TIME_STEPS: number[] = [
  ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30],
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * 60),
  ...[1, 2, 4, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * 86_400),
];

/** Whether the axis is in seconds. */
export function isTime(axis: XAxis): boolean {
  return axis === "time" || axis === "wall";
}

export function formatX(axis: XAxis, value: number): string {
  if (isTime(axis)) return formatDuration(value);
  if (axis === "position") return `token ${formatInteger(value)}`;
  return axis === "step" ? `step ${formatInteger(value)}` : `${formatInteger(value)} tokens`;
}

/** Ticks are narrower: `5m`, `1.5h`, `20k`. */
export function formatXTick(axis: XAxis, value: number): string {
  if (isTime(axis)) return shortDuration(value);
  return formatShort(value);
}

function shortDuration(seconds: number): string {
  if (seconds < 120) return `${formatNumber(seconds)}s`;
  if (seconds < 7200) return `${formatNumber(seconds / 60, 3)}m`;
  if (seconds < 172_800) return `${formatNumber(seconds / 3600, 3)}h`;
  return `${formatNumber(seconds / 86_400, 3)}d`;
}

/** As many digits as it takes to tell ticks that are `apart` from each other. */
export function formatYTick(value: number, apart = 0): string {
  if (Math.abs(value) >= 10_000) return compact(value);
  const digits = apart > 0 && value !== 0 ? Math.ceil(Math.log10(Math.abs(value) / apart) - 1e-9) + 1 : 3;
  return formatNumber(value, Math.min(6, Math.max(3, digits)));
}

/** Distances between ticks of an axis that only has whole numbers. */
export const WHOLE_STEPS: number[] = Array.from({ length: 14 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** power)).flat();
