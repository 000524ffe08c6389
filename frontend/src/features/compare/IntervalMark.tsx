import type { Estimate } from "@/api/types";

const WIDTH = 168;
const HEIGHT = 14;
const EDGE = 5;

export type Scale = (value: number) => number;

/**
 * Where values lie on a line that all groups share. Intervals wider than three times the means' span are
 * cut, so that the means stay apart: their ends lie outside the drawing.
 */
export function scaleOf(estimates: readonly Estimate[], log: boolean): Scale {
  const place = (value: number) => (log ? Math.log(Math.max(value, Number.MIN_VALUE)) : value);
  const means = estimates.map(({ mean }) => place(mean)).filter(Number.isFinite);
  const low = Math.min(...means);
  const high = Math.max(...means);
  const span = high - low || Math.abs(high) * 0.1 || 1;
  const bounds = estimates.flatMap((one) => [one.low, one.high].flatMap((bound) => (bound === null ? [] : place(bound))));
  const from = Math.max(low - 1.5 * span, Math.min(low, ...bounds));
  const to = Math.min(high + 1.5 * span, Math.max(high, ...bounds));
  return (value) => {
    const at = place(value);
    if (at < from) return -EDGE;
    if (at > to) return WIDTH + EDGE;
    return EDGE + (to > from ? (at - from) / (to - from) : 0.5) * (WIDTH - 2 * EDGE);
  };
}

interface Props {
  estimate: Estimate;
  scale: Scale;
  color: string;
  /** The baseline's mean. */
  mark: number | undefined;
}

/** A mean as a dot on its interval; the thin upright line is the baseline. */
export function IntervalMark({ estimate, scale, color, mark }: Props) {
  const y = HEIGHT / 2;
  return (
    <svg width={WIDTH} height={HEIGHT} aria-hidden="true" className="block">
      <line x1={EDGE} x2={WIDTH - EDGE} y1={y} y2={y} className="stroke-line" />
      {mark !== undefined && <line x1={scale(mark)} x2={scale(mark)} y1="1" y2={HEIGHT - 1} className="stroke-line-strong" />}
      {estimate.low !== null && estimate.high !== null && (
        <path d={interval(scale(estimate.low), scale(estimate.high), y)} strokeWidth="2" style={{ stroke: color, opacity: 0.65 }} />
      )}
      <circle cx={scale(estimate.mean)} cy={y} r="4" style={{ fill: color }} />
    </svg>
  );
}

/** A line with a stop at each end. */
function interval(low: number, high: number, y: number): string {
  return `M${low} ${y}H${high}M${low} ${y - 3.5}v7M${high} ${y - 3.5}v7`;
}
