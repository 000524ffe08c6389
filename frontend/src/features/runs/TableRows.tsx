import { memo } from "react";

import type { RunRow } from "@/api/types";
import { Checkbox } from "@/components/ui/checkbox";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";

import { ROW_HEIGHT } from "./layout";
import { RunMenu } from "./RunMenu";
import type { View } from "./view";

interface Props {
  row: number;
  run: RunRow;
  curve: readonly number[] | undefined;
  view: View;
  /** Place of pinned columns from the left. */
  lefts: Readonly<Record<string, number>>;
  selected: boolean;
  onSelect: (row: number, selected: boolean, through: boolean) => void;
  /** Whether an empty column fills the rest of the width. */
  filler: boolean;
}

export const PINNED = "sticky z-10 bg-surface group-hover/row:bg-surface-2 group-aria-selected/row:bg-accent-soft";
const CELL = "border-t border-line group-hover/row:bg-surface-2 group-aria-selected/row:bg-accent-soft";

/** A run of the table. While the table scrolls, only rows that come into view are drawn. */
export const DataRow = memo(function DataRow({ row, run, curve, view, lefts, selected, onSelect, filler }: Props) {
  return (
    <tr data-row aria-rowindex={row + 2} aria-selected={selected} className="group/row" style={{ height: ROW_HEIGHT }}>
      <td className={cn(CELL, PINNED, "left-0 pl-3")}>
        <Checkbox
          aria-label={`Select ${run.name}`}
          checked={selected}
          onClick={(event) => {
            event.preventDefault();
            onSelect(row, !selected, event.shiftKey);
          }}
        />
      </td>
      {view.columns.map((spec) => {
        const left = lefts[spec.name];
        return (
          <td
            key={spec.name}
            className={cn("truncate px-3 py-1 has-[form]:overflow-visible", CELL, spec.right && "text-right tabular", left !== undefined && PINNED)}
            style={left === undefined ? undefined : { left }}
          >
            <spec.cell run={run} curve={curve} />
          </td>
        );
      })}
      {filler && <td className={CELL} />}
      <td className={cn(CELL, PINNED, "right-0 pr-1")}>
        <RunMenu run={run} />
      </td>
    </tr>
  );
});

/** As tall as a run, so that nothing moves when it comes. */
export const LoadingRow = memo(function LoadingRow({ row, span }: { row: number; span: number }) {
  return (
    <tr aria-rowindex={row + 2} aria-busy="true" style={{ height: ROW_HEIGHT }}>
      <td colSpan={span} className="border-t border-line px-3">
        <Skeleton className="h-4 w-2/5" />
      </td>
    </tr>
  );
});
