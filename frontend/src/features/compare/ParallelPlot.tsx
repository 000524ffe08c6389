import { type PointerEvent, type ReactNode, useState } from "react";

import { lastPart } from "../launch/fieldNames";
import { type Dimension, share, textOf, ticksOf } from "./relations";
import type { Mark } from "./Relations";
import type { Picked } from "./search";
import { clip } from "./ScatterPlot";
import { useElementWidth } from "@/lib/useElementWidth";

const HEIGHT = 320;
const TOP = 34;
const BOTTOM = 26;
const SIDE = 56;
/** Axes closer than this scroll sideways. */
const LEAST = 96;

interface Props {
  axes: readonly Dimension[];
  runs: readonly Mark[];
  pointed: string | null;
  onPoint: (id: string | null) => void;
  picked: Picked;
  onPick: (picked: Picked) => void;
}

/** An upright axis for each quantity and a line for each run. A run without a value is at the foot. */
export function ParallelPlot({ axes, runs, pointed, onPoint, picked: kept, onPick }: Props) {
  const [ref, room] = useElementWidth<HTMLDivElement>();
  const [dragged, setDragged] = useState<Picked | null>(null);
  const picked = dragged ?? kept;
  const width = Math.max(room, 2 * SIDE + LEAST * (axes.length - 1));
  const left = (i: number) => SIDE + (i * (width - 2 * SIDE)) / Math.max(1, axes.length - 1);
  const top = (at: number) => HEIGHT - BOTTOM - at * (HEIGHT - TOP - BOTTOM);
  const place = (one: Dimension, id: string) => {
    const value = one.value(id);
    return value === null ? null : share(one, value);
  };
  const isPicked = (id: string) =>
    axes.every((one) => {
      const range = picked[one.key];
      const at = place(one, id);
      return !range || (at !== null && at >= range[0] && at <= range[1]);
    });
  const path = (id: string) =>
    axes.map((one, i) => `${i === 0 ? "M" : "L"}${left(i)} ${top(place(one, id) ?? -0.06)}`).join("");
  const drawn = runs.map((run) => ({ run, strong: run.id === pointed, faded: !isPicked(run.id) || (pointed !== null && run.id !== pointed) }));
  drawn.sort((a, b) => Number(a.strong) - Number(b.strong) || Number(b.faded) - Number(a.faded));
  return (
    <div ref={ref} style={{ height: HEIGHT }} className="mt-2">
      {room > 0 && (
        <ScrollRegion label="Parallel axes">
        <svg width={width} height={HEIGHT} role="img" aria-label={`${axes.map((one) => one.label).join(", ")} of ${runs.length} runs`}>
          {drawn.map(({ run, strong, faded }) => (
            <g key={run.id} onPointerEnter={() => onPoint(run.id)} onPointerLeave={() => onPoint(null)}>
              <title>{[run.name, ...axes.map((one) => `${one.label} ${textOf(one, run.id)}`)].join("\n")}</title>
              <path d={path(run.id)} fill="none" stroke="transparent" strokeWidth="10" />
              <path
                d={path(run.id)}
                fill="none"
                strokeWidth={strong ? 3 : 1.6}
                strokeDasharray={run.line.dash.join(" ") || undefined}
                style={{ stroke: run.line.color, opacity: faded ? 0.15 : 0.85 }}
              />
            </g>
          ))}
          {axes.map((one, i) => (
            <Axis
              key={one.key}
              one={one}
              left={left(i)}
              top={top}
              range={picked[one.key]}
              onRange={(range) => {
                const others = Object.entries(picked).filter(([key]) => key !== one.key);
                setDragged(Object.fromEntries(range ? [...others, [one.key, range]] : others));
              }}
              onEnd={() => {
                if (dragged) onPick(dragged);
                setDragged(null);
              }}
            />
          ))}
        </svg>
        </ScrollRegion>
      )}
    </div>
  );
}

/** Scrolls sideways, by keyboard too. */
function ScrollRegion({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="region" aria-label={label} tabIndex={0} className="overflow-x-auto overflow-y-hidden">
      {children}
    </div>
  );
}

interface AxisProps {
  one: Dimension;
  left: number;
  top: (at: number) => number;
  range: readonly [number, number] | undefined;
  onRange: (range: readonly [number, number] | null) => void;
  onEnd: () => void;
}

function Axis({ one, left, top, range, onRange, onEnd }: AxisProps) {
  const [from, setFrom] = useState<number | null>(null);
  const at = (event: PointerEvent<SVGElement>) => {
    const y = event.clientY - (event.currentTarget.ownerSVGElement?.getBoundingClientRect().top ?? 0);
    return Math.min(1.05, Math.max(-0.05, (top(0) - y) / (top(0) - top(1))));
  };
  const onMove = (event: PointerEvent<SVGElement>) => {
    if (from === null) return;
    const to = at(event);
    // a click without a way picks all again
    onRange(Math.abs(to - from) < 0.02 ? null : [Math.min(from, to), Math.max(from, to)]);
  };
  const end = () => {
    setFrom(null);
    onEnd();
  };
  return (
    <g>
      <text x={left} y={14} textAnchor="middle" className="fill-text text-[11px]">
        <title>{one.label}</title>
        {clip(lastPart(one.label), 18)}
      </text>
      <line x1={left} x2={left} y1={top(0)} y2={top(1)} className="stroke-line-strong" />
      {range && (
        <rect
          x={left - 7}
          width="14"
          y={top(range[1])}
          height={top(range[0]) - top(range[1])}
          className="fill-accent/25 stroke-accent"
        />
      )}
      {ticksOf(one, 3).map(({ at: place, text }) => (
        <text
          key={place}
          x={left + 5}
          y={top(place) + 4}
          className="pointer-events-none fill-text [paint-order:stroke] [stroke-width:3px] text-[11px] stroke-surface"
        >
          {clip(text, 13)}
        </text>
      ))}
      <rect
        x={left - 14}
        width="28"
        y={top(1) - 8}
        height={top(0) - top(1) + 16}
        fill="transparent"
        className="cursor-ns-resize touch-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom(at(event));
          onRange(null);
        }}
        onPointerMove={onMove}
        onPointerUp={end}
        onPointerCancel={end}
      />
    </g>
  );
}
