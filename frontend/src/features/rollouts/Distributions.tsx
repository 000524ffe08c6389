import { useQuery } from "@tanstack/react-query";
import { memo, type PointerEvent, useMemo, useState } from "react";

import { rolloutDistributions } from "@/api/queries";
import type { Bin, RolloutColumn } from "@/api/types";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";

import { binLabel, columnOf, columnWords, placeOf, shares } from "./distribution";

interface Props {
  runId: string;
  step: number;
  onStep: (step: number) => void;
}

/** How rewards and lengths are distributed at every sampled step; a click shows its rollouts. */
export function Distributions({ runId, step, onStep }: Props) {
  const { data, error, refetch } = useQuery(rolloutDistributions(runId));
  const [hovered, setHovered] = useState<number | null>(null);
  if (error && !data) return <ErrorState title="The distributions could not be loaded" error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-41 w-full" />;
  const { columns } = data;
  const at = columnOf(columns, step);
  const shown = columns[hovered ?? at] ?? columns[at];
  if (!shown) return null;
  const choose = (column: number) => {
    const found = columns[column];
    if (found) onStep(found.last_step);
  };
  const common = { columns, at, shown, onHover: setHovered, onChoose: choose };
  return (
    <section aria-label="Distributions over steps" className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-3">
      <div className="grid gap-x-8 gap-y-3 lg:grid-cols-2">
        <Heat title="Reward" unit="" bins={data.reward_bins} countsOf={rewards} middleOf={meanReward} {...common} />
        <Heat title="Length" unit="tokens" bins={data.length_bins} countsOf={lengths} middleOf={medianLength} {...common} />
      </div>
      <p className="min-h-4 text-xs text-muted tabular">{columnWords(shown)}</p>
    </section>
  );
}

const rewards = (column: RolloutColumn) => column.rewards;
const lengths = (column: RolloutColumn) => column.lengths;
const meanReward = (column: RolloutColumn) => column.reward?.mean;
const medianLength = (column: RolloutColumn) => column.length?.median;

interface HeatProps {
  title: string;
  unit: string;
  bins: readonly Bin[];
  columns: readonly RolloutColumn[];
  countsOf: (column: RolloutColumn) => readonly number[];
  /** What the line follows. */
  middleOf: (column: RolloutColumn) => number | undefined;
  /** Position of the column whose rollouts are shown. */
  at: number;
  shown: RolloutColumn;
  onHover: (column: number | null) => void;
  onChoose: (column: number) => void;
}

function Heat({ title, unit, bins, columns, countsOf, middleOf, at, shown, onHover, onChoose }: HeatProps) {
  const under = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(columns.length - 1, Math.floor(((event.clientX - box.left) / box.width) * columns.length)));
  };
  const first = bins[0];
  const last = bins.at(-1);
  if (!first || !last) return <p className="text-muted">{title}: none was scored.</p>;
  const rows = shares(countsOf(shown));
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex justify-between gap-2 text-xs">
        <span className="font-medium">
          {title}
          {unit && <span className="font-normal text-muted"> in {unit}</span>}
        </span>
        <span className="text-muted">
          line: {title === "Reward" ? "mean" : "median"}
        </span>
      </figcaption>
      <div className="grid grid-cols-[auto_minmax(0,1fr)_4.5rem] gap-x-2">
        <div aria-hidden="true" className="flex min-w-7 flex-col justify-between text-right text-xs text-muted tabular">
          <span>{last === first && last.low === last.high ? "" : binEnd(last, "high")}</span>
          <span>{binEnd(first, "low")}</span>
        </div>
        <svg
          role="img"
          aria-label={`${title} of the completions over ${columns.length} sampled steps; now ${columnWords(shown)}`}
          viewBox={`0 0 ${columns.length} ${bins.length}`}
          preserveAspectRatio="none"
          className="block h-24 w-full cursor-pointer rounded-sm bg-surface-2/50"
          onPointerMove={(event) => onHover(under(event))}
          onPointerLeave={() => onHover(null)}
          onPointerDown={(event) => onChoose(under(event))}
        >
          <Cells columns={columns} bins={bins} countsOf={countsOf} middleOf={middleOf} />
          <rect
            x={at}
            width={1}
            y={0}
            height={bins.length}
            fill="none"
            vectorEffect="non-scaling-stroke"
            strokeWidth="1.5"
            style={{ stroke: "var(--text)" }}
          />
        </svg>
        <ul aria-label={`${title}: share of completions`} className="flex h-24 flex-col-reverse">
          {bins.map((bin, row) => (
            <li
              key={row}
              title={`${binLabel(bin)}: ${Math.round(100 * (rows[row] ?? 0))} %`}
              className="flex min-h-0 flex-1 items-center py-px"
            >
              <span className="sr-only">{`${binLabel(bin)}: ${Math.round(100 * (rows[row] ?? 0))} %`}</span>
              <span aria-hidden="true" className="h-full rounded-r-xs bg-accent" style={{ width: `${100 * (rows[row] ?? 0)}%` }} />
            </li>
          ))}
        </ul>
        <div aria-hidden="true" className="col-start-2 flex justify-between text-xs text-muted tabular">
          <span>step {columns[0]?.first_step}</span>
          <span>{columns.at(-1)?.last_step}</span>
        </div>
      </div>
    </figure>
  );
}

function binEnd(bin: Bin, end: "low" | "high"): string {
  return binLabel({ low: bin[end], high: bin[end] });
}

/** Drawn again only for other data, not for each move of the pointer. */
const Cells = memo(function Cells({ columns, bins, countsOf, middleOf }: Pick<HeatProps, "columns" | "bins" | "countsOf" | "middleOf">) {
  const line = useMemo(
    () =>
      columns
        .flatMap((column, x) => {
          const value = middleOf(column);
          return value === undefined ? [] : [`${x + 0.5} ${((1 - placeOf(value, bins)) * bins.length).toFixed(3)}`];
        })
        .join("L"),
    [columns, bins, middleOf],
  );
  return (
    <>
      {columns.map((column, x) =>
        shares(countsOf(column)).map((share, row) =>
          share > 0 ? (
            <rect
              key={`${x}-${row}`}
              x={x}
              y={bins.length - 1 - row}
              width={1}
              height={1}
              style={{ fill: "var(--accent)", opacity: 0.12 + 0.6 * share }}
            />
          ) : null,
        ),
      )}
      {line && <path d={`M${line}`} fill="none" strokeWidth="1.5" vectorEffect="non-scaling-stroke" style={{ stroke: "var(--text)" }} />}
    </>
  );
});
