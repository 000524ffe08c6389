import { type RowSelectionState, type Updater, useTable } from "@tanstack/react-table";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";

import type { RunSummary } from "@/api/types";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";

import { columns, features, LAYOUT, type RunRow } from "./columns";
import { DEFAULT_SORT, type SortField } from "./search";
import { useSparklines } from "./useSparklines";

export const ROW_HEIGHT = 57;

interface Props {
  runs: readonly RunSummary[];
  sort: string | undefined;
  onSort: (field: SortField) => void;
  selection: RowSelectionState;
  onSelection: (updater: Updater<RowSelectionState>) => void;
  /** Called when the end comes near. */
  onEnd: () => void;
}

/** The table of runs; only the rows in view are there. */
export function RunTable({ runs, sort, onSort, selection, onSelection, onEnd }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const rect = body.current?.getBoundingClientRect();
    if (rect) setTop(rect.top + window.scrollY);
  }, []);
  const virtualizer = useWindowVirtualizer({
    count: runs.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    scrollMargin: top,
    getItemKey: (index) => runs[index]?.id ?? index,
    onChange: (instance) => {
      const last = instance.getVirtualItems().at(-1);
      if (last && last.index >= instance.options.count - 10) onEnd();
    },
  });
  const items = virtualizer.getVirtualItems();
  const curves = useSparklines(useVisible(runs, items[0]?.index ?? 0, items.at(-1)?.index ?? 0));
  const data = useMemo<RunRow[]>(() => runs.map((run) => ({ run, curve: curves.get(run.id) })), [runs, curves]);
  const table = useTable({
    features,
    columns,
    data,
    getRowId: (row) => row.run.id,
    state: { rowSelection: selection },
    onRowSelectionChange: onSelection,
  });
  const rows = table.getRowModel().rows;
  const before = (items[0]?.start ?? top) - top;
  const after = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top);

  return (
    <div className="rounded-lg border border-line bg-surface max-lg:overflow-x-auto">
      <table className="w-full table-fixed text-left max-lg:min-w-[64rem]" aria-rowcount={runs.length + 1}>
        <thead className="z-20 bg-surface shadow-[0_1px_0_var(--line)] lg:sticky lg:top-12">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map((header) => (
                <HeaderCell key={header.id} id={header.column.id} sort={sort} onSort={onSort}>
                  <table.FlexRender header={header} />
                </HeaderCell>
              ))}
            </tr>
          ))}
        </thead>
        <tbody ref={body}>
          {before > 0 && <Spacer height={before} />}
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <tr
                key={row.id}
                data-row
                aria-rowindex={item.index + 2}
                aria-selected={row.getIsSelected()}
                className="border-t border-line hover:bg-surface-2/60 aria-selected:bg-accent-soft/60"
                style={{ height: ROW_HEIGHT }}
              >
                {row.getAllCells().map((cell) => (
                  <td key={cell.id} className={cn("truncate px-3 py-1", LAYOUT[cell.column.id]?.className)}>
                    <table.FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            );
          })}
          {after > 0 && <Spacer height={after} />}
        </tbody>
      </table>
    </div>
  );
}

/** The runs of the visible rows, in blocks, so that scrolling by a row asks for nothing. */
function useVisible(runs: readonly RunSummary[], first: number, last: number): readonly RunSummary[] {
  const block = 25;
  const from = Math.floor(first / block) * block;
  const to = (Math.floor(last / block) + 1) * block;
  return useMemo(() => runs.slice(from, to), [runs, from, to]);
}

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true">
      <td colSpan={columns.length} style={{ height, padding: 0 }} />
    </tr>
  );
}

interface HeaderProps {
  id: string;
  sort: string | undefined;
  onSort: (field: SortField) => void;
  children: ReactNode;
}

function HeaderCell({ id, sort = DEFAULT_SORT, onSort, children }: HeaderProps) {
  const layout = LAYOUT[id];
  const field = layout?.sort;
  const direction = sort === field ? "ascending" : sort === `-${field}` ? "descending" : undefined;
  const style = cn("px-3 py-2 text-xs font-medium whitespace-nowrap text-muted", layout?.width, layout?.className);
  if (!field) {
    return (
      <th scope="col" className={style}>
        {children}
      </th>
    );
  }
  const Arrow = direction === "ascending" ? ArrowUp : ArrowDown;
  return (
    <th scope="col" aria-sort={direction ?? "none"} className={style}>
      <button
        type="button"
        onClick={() => onSort(field)}
        className={cn(
          "group inline-flex h-4 items-center gap-1 rounded-sm align-middle hover:text-text",
          direction && "text-text",
          layout.className?.includes("text-right") && "flex-row-reverse",
        )}
      >
        {children}
        <Arrow
          aria-hidden="true"
          className={cn("size-3.5", !direction && "opacity-0 group-hover:opacity-50 group-focus-visible:opacity-50")}
        />
      </button>
    </th>
  );
}

/** Rows as tall as the real ones, so that nothing moves when these come. */
export function RunTableSkeleton() {
  return (
    <div role="status" aria-label="Loading runs" className="overflow-hidden rounded-lg border border-line bg-surface">
      <div className="h-[33px]" />
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} className="flex items-center gap-6 border-t border-line px-4" style={{ height: ROW_HEIGHT }}>
          <Skeleton className="size-4" />
          <Skeleton className="h-4 flex-1" />
          <Skeleton className="h-5 w-20" />
          <Skeleton className="h-4 w-24" />
          <Skeleton className="hidden h-6 w-36 md:block" />
          <Skeleton className="hidden h-4 w-28 md:block" />
        </div>
      ))}
    </div>
  );
}
