import type { PointerEvent } from "react";

import { formatFixed, formatPercent } from "@/lib/format";

import { weightPath, weightShare } from "./curve";

interface Props {
  weights: readonly number[];
  /** Token under the pointer or the keyboard. */
  active: number | null;
  onActive: (index: number | null) => void;
}

const HEIGHT = 36;

/** The cumulative horizon weight over a completion's tokens: where it falls, the horizon ends. */
export function WeightCurve({ weights, active, onActive }: Props) {
  const count = weights.length;
  if (count === 0) return null;
  const onPointer = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * count);
    onActive(Math.max(0, Math.min(count - 1, index)));
  };
  const share = weightShare(weights);
  const end = weights.at(-1) ?? Number.NaN;
  const words = `Horizon weight from ${formatFixed(weights[0], 2)} to ${formatFixed(end, 2)}; ${formatPercent(share, 0)} of the completion counts`;
  const { line, area } = weightPath(weights, HEIGHT);
  return (
    <div>
      <svg
        role="img"
        aria-label={words}
        viewBox={`0 0 ${count} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="block w-full touch-pan-y border-b border-line"
        style={{ height: HEIGHT }}
        onPointerMove={onPointer}
        onPointerLeave={() => onActive(null)}
      >
        <path d={area} style={{ fill: "var(--shade-weight)", opacity: 0.45 }} />
        <path d={line} fill="none" strokeWidth="1.5" vectorEffect="non-scaling-stroke" style={{ stroke: "var(--accent)" }} />
        {active !== null && (
          <line x1={active + 0.5} x2={active + 0.5} y1="0" y2={HEIGHT} strokeWidth="1" vectorEffect="non-scaling-stroke" style={{ stroke: "var(--text)" }} />
        )}
      </svg>
      <p className="mt-0.5 flex justify-between gap-2 text-xs text-muted tabular">
        <span className="truncate">Horizon weight</span>
        <span className="shrink-0">
          {formatFixed(weights[0], 2)} → {formatFixed(end, 2)} · counts {formatPercent(share, 0)}
        </span>
      </p>
    </div>
  );
}
