import { cn } from "@/lib/cn";

import { type Dimension, share, textOf, ticksOf } from "./relations";
import type { Mark } from "./Relations";
import { useElementWidth } from "@/lib/useElementWidth";

const HEIGHT = 320;
const LEFT = 62;
const RIGHT = 18;
const TOP = 14;
const BOTTOM = 42;
/** Room beside the outermost values, for points that lie beside one another. */
const INSET = 24;
const BESIDE = 9;

interface Props {
  x: Dimension;
  y: Dimension;
  runs: readonly Mark[];
  pointed: string | null;
  onPoint: (id: string | null) => void;
}

/** A point for each run; its shape repeats what its colour says. */
export function ScatterPlot({ x, y, runs, pointed, onPoint }: Props) {
  const [ref, width] = useElementWidth<HTMLDivElement>();
  const across = (at: number) => LEFT + INSET + at * Math.max(0, width - LEFT - RIGHT - 2 * INSET);
  const up = (at: number) => HEIGHT - BOTTOM - 8 - at * (HEIGHT - TOP - BOTTOM - 16);
  const shapes = [...new Set(runs.map((run) => run.line.id))];
  const known = apart(
    runs.flatMap((run) => {
      const [a, b] = [x.value(run.id), y.value(run.id)];
      return a === null || b === null ? [] : [{ run, left: across(share(x, a)), top: up(share(y, b)) }];
    }),
  );
  return (
    <div ref={ref} style={{ height: HEIGHT }} className="mt-2">
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={`${y.label} against ${x.label}, ${known.length} runs`}>
          {ticksOf(y, 5).map(({ at, text }) => (
            <g key={at}>
              <line x1={LEFT} x2={width - RIGHT} y1={up(at)} y2={up(at)} style={{ stroke: "var(--grid)" }} />
              <text x={LEFT - 6} y={up(at) + 4} textAnchor="end" className="fill-muted text-[11px]">
                {clip(text, 9)}
              </text>
            </g>
          ))}
          {ticksOf(x, width > 480 ? 5 : 3).map(({ at, text }) => (
            <text key={at} x={across(at)} y={HEIGHT - BOTTOM + 16} textAnchor={anchor(at)} className="fill-muted text-[11px]">
              {clip(text, 16)}
            </text>
          ))}
          <text x={(LEFT + width - RIGHT) / 2} y={HEIGHT - 6} textAnchor="middle" className="fill-text text-xs">
            {x.label}
            {x.log && " (log)"}
            {known.length < runs.length && `: ${known.length} of ${runs.length} runs have both`}
          </text>
          {known.map(({ run, left, top }) => (
            <g
              key={run.id}
              transform={`translate(${left} ${top})`}
              onPointerEnter={() => onPoint(run.id)}
              onPointerLeave={() => onPoint(null)}
              className={cn(pointed !== null && pointed !== run.id && "opacity-40")}
            >
              <title>{`${run.name}\n${x.label} ${textOf(x, run.id)}\n${y.label} ${textOf(y, run.id)}`}</title>
              <circle r="11" fill="transparent" />
              <path
                d={shapeOf(shapes.indexOf(run.line.id))}
                transform={pointed === run.id ? "scale(1.5)" : undefined}
                style={{ fill: run.line.color, stroke: "var(--surface)" }}
              />
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

/** Points in the same place, as those of seeds often are, side by side around it. */
export function apart<Point extends { left: number; top: number }>(points: readonly Point[]): Point[] {
  const places = new Map<string, Point[]>();
  for (const point of points) {
    const key = `${Math.round(point.left / BESIDE)} ${Math.round(point.top / BESIDE)}`;
    places.set(key, [...(places.get(key) ?? []), point]);
  }
  return [...places.values()].flatMap((same) => {
    const gap = Math.min(BESIDE, (2 * INSET) / same.length);
    return same.map((point, i) => ({ ...point, left: point.left + (i - (same.length - 1) / 2) * gap }));
  });
}

/** Disc, square, triangle, diamond, cross. */
const SHAPES = [
  "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z",
  "M-4.5 -4.5H4.5V4.5H-4.5Z",
  "M0 -6L5.5 4H-5.5Z",
  "M0 -6.5L6.5 0L0 6.5L-6.5 0Z",
  "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
] as const;

function shapeOf(place: number): string {
  return SHAPES[place % SHAPES.length] ?? SHAPES[0];
}

function anchor(at: number): "start" | "middle" | "end" {
  if (at < 0.05) return "start";
  return at > 0.95 ? "end" : "middle";
}

export function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
